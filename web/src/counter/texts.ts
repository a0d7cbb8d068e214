import type { Language } from '../shared/i18n/i18n';
import { en } from './i18n/en';
import { hu } from './i18n/hu';

export type Texts = Record<keyof typeof hu, string>;

/** The language of a link (`&lang=en`), else the one chosen last in this browser. */
export function languageOf(hash: string): Language {
  const asked = new URLSearchParams(hash.slice(1)).get('lang');
  if (asked === 'hu' || asked === 'en') return asked;
  try {
    return localStorage.getItem('harang-language') === 'en' ? 'en' : 'hu';
  } catch {
    return 'hu';
  }
}

/** Says a text in a language; `{{name}}` is replaced by the value of that name. */
export type Say = (key: keyof Texts, values?: Record<string, string>) => string;

export const sayIn =
  (language: Language): Say =>
  (key, values = {}) =>
    (language === 'en' ? en : hu)[key].replace(/\{\{(\w+)\}\}/g, (_all, name: string) => values[name] ?? '');
