import type { Plugin } from 'vite';

const library = '@tabler/icons-react';
const imports = new RegExp(`import \\{([^}]*)\\} from '${library}';`, 'g');

/**
 * Imports each icon from its own file. By the library's index every icon of the page would be in the first chunk that
 * has one, and a test would read six thousand files.
 */
export function icons(): Plugin {
  return {
    name: 'harang-icons',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/src\/.*\.tsx?$/.test(id) || !code.includes(library)) return null;
      return {
        code: code.replace(imports, (_all, names: string) =>
          names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '')
            .map((name) => `import ${name} from '${library}/dist/esm/icons/${name}.mjs';`)
            // The lines after it keep their numbers.
            .join(names.includes('\n') ? '\n' : ' '),
        ),
        map: null,
      };
    },
  };
}
