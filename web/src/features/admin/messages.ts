import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    admin: typeof hu;
  }
}

/** The messages of the settings, used as `useTranslation('admin')`. */
addMessages('admin', { hu, en: async () => (await import('./i18n/en')).en });
