import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    rentalPages: typeof hu;
  }
}

/** The messages of the list of rentals and of their slips, used as `useTranslation('rentalPages')`. */
addMessages('rentalPages', { hu, en: async () => (await import('./i18n/en')).en });
