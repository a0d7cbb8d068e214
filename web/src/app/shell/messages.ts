import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    mute: typeof hu;
  }
}

/** The messages of the window that mutes locations, used as `useTranslation('mute')`. */
addMessages('mute', { hu, en: async () => (await import('./i18n/en')).en });
