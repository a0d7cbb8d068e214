import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    audit: typeof hu;
  }
}

/** The messages of who did what, used as `useTranslation('audit')`. */
addMessages('audit', { hu, en: async () => (await import('./i18n/en')).en });
