import { addMessages } from '../shared/i18n/i18n';
import { en } from './i18n/en';
import { hu } from './i18n/hu';

declare module '../shared/i18n/i18n' {
  interface Namespaces {
    live: typeof hu;
  }
}

/** The messages of the live parts of the page, used as `useTranslation('live')`. */
addMessages('live', { hu, en });
