#!/usr/bin/env node
// Writes the list of common passwords that the server refuses: those of @zxcvbn-ts/language-common with at least four
// characters, in lower case, sorted, one a line. With --check it writes nothing and fails when the file is not what it
// would write.
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';

const root = new URL('..', import.meta.url);
const source = new URL('node_modules/@zxcvbn-ts/language-common/src/passwords.json', root);
const target = new URL('internal/auth/common-passwords.txt.gz', root);

const passwords = JSON.parse(await readFile(source, 'utf8'));
const common = new Set(passwords.map((password) => password.normalize('NFC').toLowerCase()));
const list = [...common].filter((password) => password.length >= 4).map((password) => Buffer.from(password));
const text = Buffer.from(list.sort(Buffer.compare).join('\n'));

if (!process.argv.includes('--check')) {
  const packed = gzipSync(text, { level: 9 });
  await writeFile(target, packed);
  console.log(`common-passwords.txt.gz: ${list.length} passwords, ${packed.length} bytes`);
} else if (!gunzipSync(await readFile(target)).equals(text)) {
  console.error('internal/auth/common-passwords.txt.gz is stale: run make generate');
  process.exitCode = 1;
}
