import i18next, { type i18n as I18n } from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import { en } from './en';
import { hu } from './hu';

export type Language = 'hu' | 'en';

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

/** Adds a namespace of messages, used as `useTranslation('<namespace>')`. */
export function addMessages(namespace: string, messages: Record<Language, object>): void {
  i18n.addResourceBundle('hu', namespace, messages.hu, true, true);
  i18n.addResourceBundle('en', namespace, messages.en, true, true);
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
