import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    notifications: typeof hu;
  }
}

/** The messages of the lists of notifications and of an event's journey, used as `useTranslation('notifications')`. */
addMessages('notifications', { hu, en: async () => (await import('./i18n/en')).en });
