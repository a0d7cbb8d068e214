import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = import.meta.dirname;

/** Each file with the files that it imports; a statement that imports types only leaves nothing behind. */
function imports(): Map<string, string[]> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  const known = new Set(files);
  const found = new Map<string, string[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const targets = [...text.replaceAll(/^import type [^;]*;$/gm, '').matchAll(/(?:from |import\(?)'(\.[^']+)'/g)].map(
      (match) => relative(root, join(root, dirname(file), match[1] ?? '')),
    );
    found.set(
      file,
      targets.flatMap((target) => [`${target}.ts`, `${target}.tsx`].filter((each) => known.has(each))),
    );
  }
  return found;
}

/** The files of a cycle, in order; null when there is none. */
function cycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next);
      if (found) return found;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found) return found;
  }
  return null;
}

it('no file imports itself by way of others', () => {
  const graph = imports();
  expect(graph.get('app/app.tsx')).toContain('app/router.tsx');
  expect(cycle(graph)).toBeNull();
  expect(cycle(new Map([['a', ['b']], ['b', ['c']], ['c', ['b']]]))).toEqual(['b', 'c', 'b']); // prettier-ignore
});
