import i18next, { type i18n as I18n } from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import { en } from './en';
import { hu } from './hu';

export type Language = 'hu' | 'en';

/** The same keys as a catalogue, with other texts. */
export type Messages<Catalogue> = {
  [Key in keyof Catalogue]: Catalogue[Key] extends string ? string : Messages<Catalogue[Key]>;
};

/** The catalogues by namespace. The file that adds a namespace declares it here, so that its keys are typed. */
export interface Namespaces {
  page: typeof hu;
}

type Keys<Catalogue> = {
  [Key in keyof Catalogue & string]: Catalogue[Key] extends string ? Key : `${Key}.${Keys<Catalogue[Key]>}`;
}[keyof Catalogue & string];

/** A message with its namespace: `page:common.save`. */
export type MessageKey = { [Name in keyof Namespaces]: `${Name}:${Keys<Namespaces[Name]>}` }[keyof Namespaces];

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'page';
    resources: Namespaces;
  }
}

const storageKey = 'harang-language';

function remembered(): Language {
  try {
    return localStorage.getItem(storageKey) === 'en' ? 'en' : 'hu';
  } catch {
    return 'hu';
  }
}

/** Hungarian, until the user picks English in the page: the browser's language is not asked. */
export const i18n: I18n = i18next.createInstance();

void i18n.use(initReactI18next).init({
  lng: remembered(),
  fallbackLng: 'hu',
  defaultNS: 'page',
  ns: ['page'],
  resources: { hu: { page: hu }, en: { page: en } },
  interpolation: { escapeValue: false },
  returnNull: false,
});

/** Adds the catalogues of a namespace, used as `useTranslation('<namespace>')`. */
export function addMessages<Name extends keyof Namespaces>(
  namespace: Name,
  messages: Record<Language, Messages<Namespaces[Name]>>,
): void {
  i18n.addResourceBundle('hu', namespace, messages.hu, true, true);
  i18n.addResourceBundle('en', namespace, messages.en, true, true);
}

/**
 * The message of a key that is made at run time, from a code of the server for
 * instance; undefined when the catalogue has none.
 */
export function messageOf(
  namespace: keyof Namespaces,
  key: string,
  { language: lng = language(), ...values }: Record<string, unknown> & { language?: Language } = {},
): string | undefined {
  const translate = i18n.t as unknown as (key: string, options: object) => string;
  return i18n.exists(key, { ns: namespace, lng }) ? translate(key, { ns: namespace, lng, ...values }) : undefined;
}

export function language(): Language {
  return i18n.language === 'en' ? 'en' : 'hu';
}

/** Switches the page's language and remembers it in this browser. */
export async function chooseLanguage(next: Language): Promise<void> {
  try {
    localStorage.setItem(storageKey, next);
  } catch {
    // Storage may be switched off; the choice then lasts until the reload.
  }
  document.documentElement.lang = next;
  await i18n.changeLanguage(next);
}

/** The current language; the component renders again when it changes. */
export function useLanguage(): Language {
  const { i18n: current } = useTranslation();
  return current.language === 'en' ? 'en' : 'hu';
}
