import { describe, expect, it } from 'vitest';
import { catalogues, chooseLanguage, type Language } from '../shared/i18n/i18n';

// Every namespace registers itself when its file is loaded.
const files = import.meta.glob('../**/messages.ts', { eager: true });
await chooseLanguage('en');
const namespaces = [...catalogues.hu.keys()];

/** The texts of a namespace by their keys, in the catalogue's order. */
function texts(language: Language, namespace: string): [key: string, text: string][] {
  const flatten = (value: object, path: string): [string, string][] =>
    Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
      typeof each === 'object' && each !== null
        ? flatten(each, `${path}${key}.`)
        : [[`${path}${key}`, String(each)] as [string, string]],
    );
  return flatten(catalogues[language].get(namespace) ?? {}, '');
}

const names = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

it('knows every namespace', () => {
  // The page's own one is there from the start.
  expect(namespaces).toHaveLength(Object.values(files).length + 1);
  expect([...catalogues.en.keys()].sort()).toEqual([...namespaces].sort());
});

describe.each(namespaces)('messages of %s', (namespace) => {
  it('have the same keys in both languages', () => {
    const keys = (language: Language) => texts(language, namespace).map(([key]) => key);
    expect(keys('en')).toEqual(keys('hu'));
  });

  it('interpolate the same names in both languages', () => {
    const english = new Map(texts('en', namespace));
    for (const [key, text] of texts('hu', namespace)) expect(names(english.get(key) ?? ''), key).toEqual(names(text));
  });

  it('are never empty and have no exclamation mark', () => {
    for (const [key, text] of [...texts('hu', namespace), ...texts('en', namespace)]) {
      expect(text, key).not.toBe('');
      expect(text, key).not.toContain('!');
    }
  });
});
