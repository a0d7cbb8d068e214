import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** The paths of the page's routes, "$name" for a segment that may be anything. */
export function routePaths(root: string): string[] {
  const source = readFileSync(join(root, 'src/app/router.tsx'), 'utf8');
  return [...source.matchAll(/^ {2}path: '(\/[^']*)',$/gm)].map((match) => match[1] ?? '');
}

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
      this.emitFile({ type: 'asset', fileName: 'routes.json', source: JSON.stringify(routePaths(root)) });
    },
  };
}
