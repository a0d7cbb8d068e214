import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    partners: typeof hu;
  }
}

/** The messages of partners, their form and their page, used as `useTranslation('partners')`. */
addMessages('partners', { hu, en: async () => (await import('./i18n/en')).en });
