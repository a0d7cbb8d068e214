import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The packages that are published, in the order in which they depend on each other. */
export const packages = ['core', 'react'];

export const clients = resolve(import.meta.dirname, '..');

export function run(command, args, options = {}) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env, ...options });
}

/** pack builds and packs both packages and returns the paths of the tarballs. */
export function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'harang-pack-'));
  return packages.map((name) => {
    const [{ filename }] = JSON.parse(
      run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], { cwd: join(clients, name) }),
    );
    return join(folder, filename);
  });
}
