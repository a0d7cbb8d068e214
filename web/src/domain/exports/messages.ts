import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    exports: typeof hu;
  }
}

/** The messages of the exports, used as `useTranslation('exports')`. */
addMessages('exports', { hu, en: async () => (await import('./i18n/en')).en });
