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

/** A key of the catalogue; `days` for the messages `days_one` and `days_other`, of which `count` picks one. */
type PluralKey<Key> = Key extends `${infer Base}_${'one' | 'other'}` ? Base : Key;

type Values = Record<string, string | number | null | undefined>;

/** Returns the message of a key, with `values` where the message has `{{name}}`. */
export type Translate<Name extends keyof Namespaces = 'page'> = (
  key: PluralKey<Keys<Namespaces[Name]>>,
  values?: Values,
) => string;

interface Catalogue {
  readonly [key: string]: string | Catalogue;
}

/** The catalogues that are loaded, by namespace. */
export const catalogues: Record<Language, Map<string, Catalogue>> = { hu: new Map([['page', hu]]), en: new Map() };

const plurals: Record<Language, Intl.PluralRules> = {
  hu: new Intl.PluralRules('hu'),
  en: new Intl.PluralRules('en'),
};

function textOf(language: Language, namespace: string, key: string): string | undefined {
  let found: string | Catalogue | undefined = catalogues[language].get(namespace);
  for (const part of key.split('.'))
    found = typeof found === 'object' && Object.hasOwn(found, part) ? found[part] : undefined;
  return typeof found === 'string' ? found : undefined;
}

function find(language: Language, namespace: string, key: string, values: Values): string | undefined {
  const { count } = values;
  const plural = typeof count === 'number' ? `${key}_${plurals[language].select(count)}` : key;
  const text = textOf(language, namespace, plural) ?? textOf(language, namespace, key);
  return text?.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => String(values[name] ?? ''));
}

/**
 * The messages of a namespace in a language; what the English catalogue lacks is Hungarian. The catalogues need three
 * things, paths, values and plurals: a library of messages would be a tenth of what the first page may weigh.
 */
export function translator<Name extends keyof Namespaces>(language: Language, namespace: Name): Translate<Name> {
  return (key, values = {}) => find(language, namespace, key, values) ?? find('hu', namespace, key, values) ?? key;
}

const storageKey = 'harang-language';

function remembered(): Language {
  try {
    return localStorage.getItem(storageKey) === 'en' ? 'en' : 'hu';
  } catch {
    return 'hu';
  }
}

// The English catalogues, which only their readers load.
const english = new Map<string, () => Promise<Catalogue>>([['page', async () => (await import('./en')).en]]);

// Hungarian, until the user picks English in the page: the browser's language is not asked.
let shown: Language = 'hu';

// The language to be shown, from before its catalogues are there.
let chosen: Language = 'hu';

async function loadEnglish(): Promise<void> {
  const missing = [...english].filter(([namespace]) => !catalogues.en.has(namespace));
  await Promise.all(missing.map(async ([namespace, load]) => catalogues.en.set(namespace, await load())));
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
  catalogues.hu.set(namespace, messages.hu);
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
  { language: inLanguage = language(), ...values }: Values & { language?: Language } = {},
): string | undefined {
  return find(inLanguage, namespace, key, values) ?? find('hu', namespace, key, values);
}

export function language(): Language {
  return shown;
}

async function show(next: Language): Promise<void> {
  chosen = next;
  if (next === 'en') await loadEnglish();
  // Another one was chosen meanwhile.
  if (chosen !== next) return;
  document.documentElement.lang = next;
  shown = next;
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
): { t: Translate<Name> } {
  const current = useSyncExternalStore(subscribe, () => translators);
  if (!current.has(namespace)) current.set(namespace, translator(shown, namespace));
  return { t: current.get(namespace) as Translate<Name> };
}

/** The current language; the component renders again when it changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language);
}
