import { useState } from 'react';

export interface ShownRow<T> {
  key: string;
  row: T;
  /** The row has left the list while the reader held it still. */
  gone: boolean;
  /** Counts how often the row appeared or changed since the list was first shown; 0 never. */
  marked: number;
}

/**
 * The next list to show. While held, rows keep their places: changed ones change
 * where they are, new ones are added at the end, removed ones stay as `gone`.
 */
export function settle<T>(
  shown: readonly ShownRow<T>[],
  rows: readonly T[],
  keyOf: (row: T) => string,
  signOf: (row: T) => string,
  held: boolean,
): ShownRow<T>[] {
  const before = new Map(shown.map((each) => [each.key, each]));
  const next = rows.map((row): ShownRow<T> => {
    const key = keyOf(row);
    const old = before.get(key);
    const changed = old === undefined || old.gone || signOf(old.row) !== signOf(row);
    return { key, row, gone: false, marked: (old?.marked ?? 0) + (changed ? 1 : 0) };
  });
  if (!held) return next;
  const fresh = new Map(next.map((each) => [each.key, each]));
  const kept = shown.map((old) => fresh.get(old.key) ?? { ...old, gone: true });
  return [...kept, ...next.filter((each) => !before.has(each.key))];
}

/**
 * Rows that never jump under the pointer: while `held` the order stays, and the
 * list settles when it is let go. `signOf` says what counts as a change worth marking.
 */
export function useSettledRows<T>(
  rows: readonly T[] | undefined,
  keyOf: (row: T) => string,
  signOf: (row: T) => string,
  held: boolean,
): ShownRow<T>[] {
  const [shown, setShown] = useState<ShownRow<T>[] | null>(null);
  const [from, setFrom] = useState<{ rows: readonly T[] | undefined; held: boolean }>({ rows: undefined, held });
  if (rows !== from.rows || held !== from.held) {
    setFrom({ rows, held });
    if (rows !== undefined) {
      setShown(
        shown === null
          ? rows.map((row) => ({ key: keyOf(row), row, gone: false, marked: 0 }))
          : settle(shown, rows, keyOf, signOf, held),
      );
    }
  }
  return shown ?? [];
}
