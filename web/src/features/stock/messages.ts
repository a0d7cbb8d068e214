import { addMessages } from '../../shared/i18n/i18n';
import { hu } from './i18n/hu';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    stock: typeof hu;
  }
}

/** The messages of the stock page that no other page has, used as `useTranslation('stock')`. */
addMessages('stock', { hu, en: async () => (await import('./i18n/en')).en });
