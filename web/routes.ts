import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connect, Plugin } from 'vite';

/** The paths of the page's routes, "$name" for a segment that may be anything. */
export function routePaths(root: string): string[] {
  const source = readFileSync(join(root, 'src/app/router.tsx'), 'utf8');
  return [...source.matchAll(/^ {2}path: '(\/[^']*)',$/gm)].map((match) => match[1] ?? '');
}

/** Pages beside the dashboard, each with an HTML file of its name. */
export const otherPages = ['/counter'];

/** Writes routes.json, by which the server tells a page from a path that does not exist. */
export function routes(): Plugin {
  let root = '';
  return {
    name: 'harang-routes',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    generateBundle() {
      this.emitFile({
        type: 'asset',
        fileName: 'routes.json',
        source: JSON.stringify([...routePaths(root), ...otherPages]),
      });
    },
  };
}

/** Serves the other pages in development as the server does. */
export function servePages(): Plugin {
  return {
    name: 'harang-pages',
    apply: 'serve',
    configureServer(server) {
      const handle: Connect.NextHandleFunction = (request, _response, next) => {
        const path = request.url?.split('?')[0] ?? '';
        if (otherPages.includes(path)) request.url = `${path}.html`;
        next();
      };
      server.middlewares.use(handle);
    },
  };
}
