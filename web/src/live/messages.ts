import { addMessages } from '../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../shared/i18n/i18n' {
  interface Namespaces {
    live: typeof hu;
  }
}

/** The messages of the live parts of the page, used as `useTranslation('live')`. */
addMessages('live', { hu, en: async () => (await import('./i18n/en')).en });
