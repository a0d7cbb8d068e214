import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    checkout: typeof hu;
  }
}

/** The messages of the checkout that no other page has, used as `useTranslation('checkout')`. */
addMessages('checkout', { hu, en: async () => (await import('./i18n/en')).en });
