import { addMessages } from '../../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../../shared/i18n/i18n' {
  interface Namespaces {
    displays: typeof hu;
  }
}

/** The messages of the displays in the settings, used as `useTranslation('displays')`. */
addMessages('displays', { hu, en: async () => (await import('./i18n/en')).en });
