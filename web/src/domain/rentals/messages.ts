import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    rental: typeof hu;
  }
}

/** The messages of what becomes of a rental, used as `useTranslation('rental')`. */
addMessages('rental', { hu, en: async () => (await import('./i18n/en')).en });
