type Fields = Readonly<Record<string, unknown>>;

/** Reads the named fields as texts; null when one of them is not. */
export function texts<Name extends string>(data: Fields, ...names: Name[]): Record<Name, string> | null {
  const read = {} as Record<Name, string>;
  for (const name of names) {
    const value = data[name];
    if (typeof value !== 'string') return null;
    read[name] = value;
  }
  return read;
}

/** Reads the named fields as whole numbers; null when one of them is not. */
export function wholes<Name extends string>(data: Fields, ...names: Name[]): Record<Name, number> | null {
  const read = {} as Record<Name, number>;
  for (const name of names) {
    const value = data[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return null;
    read[name] = value;
  }
  return read;
}
