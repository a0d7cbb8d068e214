/** The text in lower case and without accents, so that `FURO` finds `fúró`. */
export function normalizeSearch(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Whether every word of the search occurs in the text. */
export function matchesSearch(text: string, search: string): boolean {
  const normalized = normalizeSearch(text);
  return normalizeSearch(search)
    .split(/\s+/)
    .every((word) => normalized.includes(word));
}
