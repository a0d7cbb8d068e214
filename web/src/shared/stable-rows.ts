import { useState } from 'react';

export interface StableRow<T> {
  key: string;
  row: T;
  /** The row left the list while its order was frozen. */
  gone: boolean;
  /** How often the row appeared or changed since the list was first shown; 0 for never. */
  changes: number;
}

/**
 * mergeRows returns the next list to show. While frozen, rows keep their index:
 * changed rows are updated where they are, new ones are added at the end,
 * removed ones stay with `gone` set.
 */
export function mergeRows<T>(
  shown: readonly StableRow<T>[],
  rows: readonly T[],
  keyOf: (row: T) => string,
  signatureOf: (row: T) => string,
  frozen: boolean,
): StableRow<T>[] {
  const before = new Map(shown.map((each) => [each.key, each]));
  const next = rows.map((row): StableRow<T> => {
    const key = keyOf(row);
    const old = before.get(key);
    const changed = old === undefined || old.gone || signatureOf(old.row) !== signatureOf(row);
    return { key, row, gone: false, changes: (old?.changes ?? 0) + (changed ? 1 : 0) };
  });
  if (!frozen) return next;
  const current = new Map(next.map((each) => [each.key, each]));
  const inOrder = shown.map((old) => current.get(old.key) ?? { ...old, gone: true });
  return [...inOrder, ...next.filter((each) => !before.has(each.key))];
}

/**
 * Rows that never move under the pointer: the order is kept while `frozen` and
 * brought up to date afterwards. Two rows with the same signature count as unchanged.
 */
export function useStableRows<T>(
  rows: readonly T[] | undefined,
  keyOf: (row: T) => string,
  signatureOf: (row: T) => string,
  frozen: boolean,
): StableRow<T>[] {
  const [shown, setShown] = useState<StableRow<T>[] | null>(null);
  const [from, setFrom] = useState<{ rows: readonly T[] | undefined; frozen: boolean }>({ rows: undefined, frozen });
  if (rows !== from.rows || frozen !== from.frozen) {
    setFrom({ rows, frozen });
    if (rows !== undefined) {
      setShown(
        shown === null
          ? rows.map((row) => ({ key: keyOf(row), row, gone: false, changes: 0 }))
          : mergeRows(shown, rows, keyOf, signatureOf, frozen),
      );
    }
  }
  return shown ?? [];
}
