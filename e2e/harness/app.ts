import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const build = resolve(import.meta.dirname, '../../clients/packaging/build-app.mjs');

/** A page of another origin, built from the packed packages and the code of their READMEs. */
export class App {
  private readonly folder = join(tmpdir(), `harang-app-${process.pid}-${Date.now()}`);

  private constructor(
    readonly origin: string,
    private readonly close: () => void,
    private readonly serveFrom: (folder: string) => void,
  ) {}

  /** Takes a port, so that the origin is known before the page is built. */
  static async open(): Promise<App> {
    let folder = '';
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://app').pathname;
      const file = path === '/' ? '/index.html' : path;
      readFile(join(folder, file)).then(
        (body) => response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream').end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as { port: number };
    return new App(
      `http://127.0.0.1:${port}`,
      () => server.close(),
      (from) => {
        folder = from;
      },
    );
  }

  /** Builds the app for the server at `url` and serves it. */
  async build(name: string, url: string): Promise<void> {
    await promisify(execFile)('node', [build, name, this.folder, url]);
    this.serveFrom(join(this.folder, 'dist'));
  }

  async stop(): Promise<void> {
    this.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
