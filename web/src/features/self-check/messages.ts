import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    selfCheck: typeof hu;
  }
}

/** The messages of the self-check, used as `useTranslation('selfCheck')`. */
addMessages('selfCheck', { hu, en: async () => (await import('./i18n/en')).en });
