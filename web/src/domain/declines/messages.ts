import hu from 'virtual:payment-sentences/hu';
import { addMessages } from '../../shared/i18n/i18n';

declare module '../../shared/i18n/i18n' {
  interface Namespaces {
    declines: typeof hu;
  }
}

/** The sentences of `contract/payment-sentences.json`, the one catalogue of the whole program. */
addMessages('declines', { hu, en: async () => (await import('virtual:payment-sentences/en')).default });
