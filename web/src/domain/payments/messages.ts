import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    payments: typeof hu;
  }
}

/** The messages of paying that are needed only there, used as `useTranslation('payments')`. */
addMessages('payments', { hu, en: async () => (await import('./i18n/en')).en });
