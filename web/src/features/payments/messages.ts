import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    paymentPages: typeof hu;
  }
}

/** The messages of the payments and of the evening's closing, used as `useTranslation('paymentPages')`. */
addMessages('paymentPages', { hu, en: async () => (await import('./i18n/en')).en });
