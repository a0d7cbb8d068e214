import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    account: typeof hu;
  }
}

/** The messages of the own account, used as `useTranslation('account')`. */
addMessages('account', { hu, en: async () => (await import('./i18n/en')).en });
