// Checks both packages as they would be published: their tarballs, entries, types, source maps and sizes.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rolldown } from 'rolldown';
import { clients, pack, packages, run } from './pack.mjs';

const root = resolve(clients, '..');
const failures = [];
const fail = (message) => failures.push(message);

/** Bytes after brotli, without socket.io-client and React. */
const sizeLimits = [
  { entry: '@harang/client', limit: 8_000 },
  { entry: '@harang/client', also: '@harang/client/tabs', limit: 10_500 },
  { entry: '@harang/react', limit: 15_000 },
];

const tarballs = pack();
const unpacked = join(dirname(tarballs[0]), 'node_modules', '@harang');
packages.forEach((name, index) => {
  const { name: full } = JSON.parse(readFileSync(join(clients, name, 'package.json'), 'utf8'));
  const folder = join(unpacked, full.split('/')[1]);
  mkdirSync(folder, { recursive: true });
  run('tar', ['xzf', tarballs[index], '--strip-components=1', '-C', folder]);
});

for (const folder of readdirSync(unpacked).map((name) => join(unpacked, name))) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder, { recursive: true }).map(String);
  for (const wanted of ['LICENSE', 'README.md'])
    if (!files.includes(wanted)) fail(`${manifest.name}: ${wanted} is missing`);

  // Every map points at sources that are shipped.
  for (const file of files.filter((name) => name.endsWith('.map'))) {
    const map = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const source of map.sources) {
      const path = join(dirname(file), map.sourceRoot ?? '', source);
      if (!files.includes(path)) fail(`${manifest.name}: ${file} points at ${path}, which is not shipped`);
    }
  }

  const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
  for (const message of messages) fail(`${manifest.name}: publint: ${formatMessage(message, manifest)}`);
}

for (const tarball of tarballs) {
  try {
    // CommonJS is not shipped; a style sheet has no types.
    run(
      join(root, 'node_modules/.bin/attw'),
      [tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'bell.css', '--format', 'ascii', '--no-emoji'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
  } catch (error) {
    fail(`${tarball}: attw:\n${error.stdout}`);
  }
}

for (const { entry, also, limit } of sizeLimits) {
  const input = join(dirname(unpacked), '..', 'entry.mjs');
  writeFileSync(
    input,
    [entry, also]
      .filter(Boolean)
      .map((name) => `export * from '${name}';`)
      .join('\n'),
  );
  const bundle = await rolldown({ input, external: [/^socket\.io-client/, /^react/], logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  const bytes = brotliCompressSync(output.map(({ code }) => code ?? '').join('')).length;
  const name = [entry, also].filter(Boolean).join(' + ');
  console.log(`${name}: ${bytes} of ${limit} bytes`);
  if (bytes > limit) fail(`${name} is ${bytes} bytes, ${limit} are allowed`);
}

rmSync(dirname(tarballs[0]), { recursive: true });
for (const message of failures) console.error(message);
if (failures.length > 0) process.exit(1);
console.log('both packages are fit to be published');
