import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    openingHours: typeof hu;
  }
}

/** The messages of opening hours, used as `useTranslation('openingHours')`. */
addMessages('openingHours', { hu, en: async () => (await import('./i18n/en')).en });
