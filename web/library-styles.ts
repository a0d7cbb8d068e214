import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const styles = fileURLToPath(new URL('../node_modules/@mantine/core/styles', import.meta.url));
const classNames = (text: string): string[] => text.match(/\bm_[0-9a-f]{6,8}\b/g) ?? [];

/** Stops a build in which a component of the library is in use and its styles are not imported. */
export function libraryStyles(): Plugin {
  return {
    name: 'harang-library-styles',
    apply: 'build',
    async generateBundle(_options, bundle) {
      const used = new Set<string>();
      const styled = new Set<string>();
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk') for (const name of classNames(file.code)) used.add(name);
        else if (file.fileName.endsWith('.css')) for (const name of classNames(String(file.source))) styled.add(name);
      }
      if (used.size === 0) this.error('no class name of the component library was found: has it changed their form?');
      const files = (await readdir(styles)).filter((each) => each.endsWith('.layer.css'));
      for (const name of files) {
        const lost = classNames(await readFile(join(styles, name), 'utf8')).find(
          (each) => used.has(each) && !styled.has(each),
        );
        if (lost !== undefined)
          this.error(`import '@mantine/core/styles/${name}' in src/shared/theme/library.css: ${lost} is in use`);
      }
    },
  };
}
