import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    signIn: typeof hu;
  }
}

/** The messages of the sign-in page, used as `useTranslation('signIn')`. */
addMessages('signIn', { hu, en: async () => (await import('./i18n/en')).en });
