import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    reason: typeof hu;
  }
}

/** Why there is no connection, by the reason's code. */
addMessages('reason', { hu, en: async () => (await import('./i18n/en')).en });
