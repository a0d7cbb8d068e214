import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
const text = /\.(?:js|css|html|svg|json|webmanifest|txt)$/;

/** Writes NAME.br and NAME.gz beside each built text file that gets shorter by it. */
export function precompress(): Plugin {
  let outDir = '';
  return {
    name: 'harang-precompress',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const names = await readdir(outDir, { recursive: true });
      for (const name of names.filter((each) => text.test(each))) {
        const path = join(outDir, name);
        const plain = await readFile(path);
        const small = await brotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        if (small.length < plain.length) await writeFile(`${path}.br`, small);
        const zipped = await zip(plain, { level: 9 });
        if (zipped.length < plain.length) await writeFile(`${path}.gz`, zipped);
      }
    },
  };
}
