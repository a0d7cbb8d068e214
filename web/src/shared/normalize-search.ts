/** Lower-case letters and signs without a decomposition, as people type them. */
const plainLetters: Record<string, string> = {
  ß: 'ss',
  ø: 'o',
  đ: 'd',
  ł: 'l',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ς: 'σ',
  '×': 'x',
  '\u2044': '/',
  '\u2215': '/',
  '\u2043': '-',
  '\u02d7': '-',
  '\u2796': '-',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‛': "'",
  '′': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‟': '"',
};

const plainLetter = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu');

/**
 * The text as it is searched, so that it is found however it is typed: no accents, invisible characters or case, plain
 * forms (½ is 1/2), one dash, one space between words. The server's search keys are the same
 * (contract/search-keys.json).
 */
export function normalizeSearch(text: string): string {
  return text
    .replace(/(\p{Nd})([¼-¾\u2150-\u215e\u2189])/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/[\p{Mn}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .toLowerCase()
    .replace(/\p{Mn}/gu, '')
    .replace(/\p{Dash}/gu, '-')
    .replace(plainLetter, (letter) => plainLetters[letter] ?? letter)
    .replace(/\p{White_Space}+/gu, ' ')
    .trim();
}

/** Whether every word of the search occurs in the text. */
export function matchesSearch(text: string, search: string): boolean {
  const normalized = normalizeSearch(text);
  return normalizeSearch(search)
    .split(' ')
    .every((word) => normalized.includes(word));
}
