import i18next, { type i18n as I18n, type TFunction } from 'i18next';
import { useSyncExternalStore } from 'react';
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

void i18n.init({
  lng: 'hu',
  fallbackLng: 'hu',
  defaultNS: 'page',
  ns: ['page'],
  resources: { hu: { page: hu } },
  interpolation: { escapeValue: false },
  returnNull: false,
});

// The English catalogues, which only their readers load.
const english = new Map<string, () => Promise<object>>([['page', async () => (await import('./en')).en]]);

// The language to be shown, from before its catalogues are there.
let chosen: Language = 'hu';

async function loadEnglish(): Promise<void> {
  const missing = [...english].filter(([namespace]) => !i18n.hasResourceBundle('en', namespace));
  await Promise.all(
    missing.map(async ([namespace, load]) => i18n.addResourceBundle('en', namespace, await load(), true, true)),
  );
  // A page whose English catalogue comes after it is shown again.
  if (missing.length > 0) renderAgain();
}

/** Waits for the catalogues of the language that is shown; what cannot be loaded is shown in Hungarian. */
export async function messagesLoaded(): Promise<void> {
  if (chosen === 'en') await loadEnglish().catch(() => undefined);
}

/** Adds the catalogues of a namespace, used as `useTranslation('<namespace>')`. */
export function addMessages<Name extends keyof Namespaces>(
  namespace: Name,
  messages: { hu: Messages<Namespaces[Name]>; en: () => Promise<Messages<Namespaces[Name]>> },
): void {
  i18n.addResourceBundle('hu', namespace, messages.hu, true, true);
  english.set(namespace, messages.en);
  void messagesLoaded();
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
  // A colon belongs to the key: payment errors have codes like "ipc:13".
  const where = { ns: namespace, lng, nsSeparator: false as const };
  return i18n.exists(key, where) ? translate(key, { ...where, ...values }) : undefined;
}

export function language(): Language {
  return i18n.language === 'en' ? 'en' : 'hu';
}

async function show(next: Language): Promise<void> {
  chosen = next;
  if (next === 'en') await loadEnglish();
  // Another one was chosen meanwhile.
  if (chosen !== next) return;
  document.documentElement.lang = next;
  await i18n.changeLanguage(next);
  renderAgain();
}

/** Shows the language that this browser remembers; Hungarian where its catalogue cannot be loaded. */
export async function restoreLanguage(): Promise<void> {
  const language = remembered();
  if (language !== 'hu') await show(language).catch(() => undefined);
}

/** Switches the page's language and remembers it in this browser. */
export async function chooseLanguage(next: Language): Promise<void> {
  try {
    localStorage.setItem(storageKey, next);
  } catch {
    // Storage may be switched off; the choice then lasts until the reload.
  }
  await show(next);
}

// The translators of the language that is shown, by namespace; new ones when the language or a catalogue changes.
let translators = new Map<string, unknown>();
const components = new Set<() => void>();

function renderAgain(): void {
  translators = new Map();
  for (const render of components) render();
}

function subscribe(render: () => void): () => void {
  components.add(render);
  return () => {
    components.delete(render);
  };
}

/** The messages of a namespace in the current language; the component renders again when it changes. */
export function useTranslation<Name extends keyof Namespaces = 'page'>(
  namespace = 'page' as Name,
): { t: TFunction<Name> } {
  const current = useSyncExternalStore(subscribe, () => translators);
  if (!current.has(namespace)) current.set(namespace, i18n.getFixedT(null, namespace));
  return { t: current.get(namespace) as TFunction<Name> };
}

/** The current language; the component renders again when it changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language);
}
