// Builds one of the apps as a stranger would: from the tarballs of both packages, with the code of their READMEs.
//   node build-app.mjs vite-react19 FOLDER [URL of the server]
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clients, pack, packages, run } from './pack.mjs';

const [app, folder, url = 'http://localhost:8080'] = process.argv.slice(2);
if (!app || !folder || !existsSync(join(import.meta.dirname, 'apps', app))) {
  console.error('usage: build-app.mjs vite-react19|vite-react18|next FOLDER [URL]');
  process.exit(2);
}
const { devDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, 'apps', app, 'package.json'), 'utf8'));
cpSync(join(import.meta.dirname, 'apps', app), folder, { recursive: true });

/** The code blocks of a README whose first line names their file. */
function examples(readme) {
  return [...readme.matchAll(/^```tsx?\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, file, code]) => ({ file, code }));
}

for (const name of packages) {
  for (const { file, code } of examples(readFileSync(join(clients, name, 'README.md'), 'utf8'))) {
    const path = join(folder, file);
    if (existsSync(path)) continue; // the app has its own
    if (file.endsWith('.test.ts') && !devDependencies.vitest) continue; // vite-react19 runs it
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code.replaceAll('http://localhost:8080', url));
  }
}

const tarballs = pack();
const npm = (...args) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], { cwd: folder });
npm('install', ...tarballs);
rmSync(dirname(tarballs[0]), { recursive: true });
process.stdout.write(run('npm', ['run', '--silent', 'build'], { cwd: folder }));
