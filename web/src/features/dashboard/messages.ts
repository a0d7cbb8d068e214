import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    dashboard: typeof hu;
  }
}

/** The dashboard's further messages, used as `useTranslation('dashboard')`. */
addMessages('dashboard', { hu, en: async () => (await import('./i18n/en')).en });
