import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    erasure: typeof hu;
  }
}

/** The messages of erasing a person's data, used as `useTranslation('erasure')`. */
addMessages('erasure', { hu, en: async () => (await import('./i18n/en')).en });
