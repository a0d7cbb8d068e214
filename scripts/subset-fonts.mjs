#!/usr/bin/env node
// Writes the page's fonts: Inter with the letters, weights and features that the page uses. With --check it writes
// nothing and fails when the files are not what it would write.
import { readFile, writeFile } from 'node:fs/promises';
import subsetFont from 'subset-font';

const root = new URL('..', import.meta.url);
const range = (first, last) =>
  String.fromCodePoint(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
const fonts = {
  // English, most of Hungarian, punctuation, the arrows and signs of figures.
  'inter-latin': range(0x20, 0x7e) + range(0xa0, 0xff) + range(0x2000, 0x206f) + 'ıŒœʻʼˆ˚˜€™↑↓−∕\u0304\u0308\u0329',
  // ő, ű and the other letters of Europe's Latin alphabets, for the names of partners.
  'inter-latin-ext': range(0x100, 0x17f) + 'ȘșȚț',
};
const options = {
  targetFormat: 'woff2',
  // What base.css asks for, and what puts marks and pairs of letters in their place.
  keepFeatures: ['kern', 'calt', 'ccmp', 'locl', 'mark', 'mkmk', 'tnum', 'cv05', 'cv08', 'ss03'],
  variationAxes: { wght: { min: 400, max: 700 } },
};

for (const [name, letters] of Object.entries(fonts)) {
  const source = new URL(`node_modules/@fontsource-variable/inter/files/${name}-wght-normal.woff2`, root);
  const target = new URL(`web/src/shared/theme/${name}.woff2`, root);
  const font = await subsetFont(await readFile(source), letters, options);
  if (!process.argv.includes('--check')) {
    await writeFile(target, font);
    console.log(`${name}.woff2: ${font.length} bytes`);
  } else if (!font.equals(await readFile(target))) {
    console.error(`web/src/shared/theme/${name}.woff2 is stale: run make generate`);
    process.exitCode = 1;
  }
}
