import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    catalogue: typeof hu;
  }
}

/** The messages of products, locations, partners and their import, used as `useTranslation('catalogue')`. */
addMessages('catalogue', { hu, en: async () => (await import('./i18n/en')).en });
