import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const binary = resolve(import.meta.dirname, '../../bin/harang');
const run = promisify(execFile);

/** A running harang with the demo data on a database of its own. */
export class Server {
  private log = '';
  private process: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    readonly url: string,
    private readonly listen: string,
    private readonly admin: string,
    private readonly flags: readonly string[],
  ) {}

  static async start(...flags: string[]): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'harang-e2e-'));
    const [port, admin] = await freePorts();
    const server = new Server(directory, `http://127.0.0.1:${port}`, `127.0.0.1:${port}`, `127.0.0.1:${admin}`, flags);
    await server.serve();
    return server;
  }

  private get database(): string {
    return `sqlite:${join(this.directory, 'harang.db')}`;
  }

  /** Starts the process and waits until it says that it is ready. */
  async serve(): Promise<void> {
    const child = spawn(
      binary,
      [
        'serve',
        '--demo',
        '--listen',
        this.listen,
        '--admin-listen',
        this.admin,
        '--database',
        this.database,
        ...this.flags,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.process = child;
    child.stdout.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`harang ended with ${child.exitCode}:\n${this.log}`);
      const ready = await fetch(`${this.url}/readyz`).then(
        (r) => r.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((again) => setTimeout(again, 25));
    }
    throw new Error(`harang is not ready:\n${this.log}`);
  }

  /** Ends the process and keeps the database: 'SIGKILL' is a crash. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Runs one command of the program beside the running server. */
  async command(...args: string[]): Promise<string> {
    const { stdout } = await run(binary, [...args, '--database', this.database]);
    return stdout.trim();
  }

  /** Creates an API key; the key is printed once, alone. */
  apiKey(tenant: string): Promise<string> {
    return this.command('apikey', 'add', '--tenant', tenant, '--name', 'e2e');
  }
}

/** Ports below the range of outgoing connections, so that nobody gets one while its server is being restarted. */
async function freePorts(): Promise<[number, number]> {
  return [await freePort(), await freePort()];
}

async function freePort(): Promise<number> {
  const [lowest, highest] = [15_000, 32_000];
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const free = await new Promise<boolean>((done) => {
      const server = createServer()
        .once('error', () => done(false))
        .listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (free) return port;
  }
}
