import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

type ByLanguage = Record<'hu' | 'en', string>;
interface Catalogue {
  steps: Record<string, ByLanguage & { retry: boolean }>;
  codes: Record<string, ByLanguage & { step: string; settled?: string }>;
}

const file = fileURLToPath(new URL('../contract/payment-sentences.json', import.meta.url));
const prefix = 'virtual:payment-sentences/';

/**
 * The catalogue of payment errors in parts, so that nobody loads the sentences of the other language:
 * `virtual:payment-sentences/rules` is the next step of each code, `…/hu` and `…/en` are the texts.
 */
export function paymentSentences(): Plugin {
  return {
    name: 'harang-payment-sentences',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return null;
      this.addWatchFile(file);
      const { steps, codes } = JSON.parse(readFileSync(file, 'utf8')) as Catalogue;
      const part = id.slice(prefix.length + 1);
      const content =
        part === 'rules'
          ? {
              steps: mapValues(steps, ({ retry }) => ({ retry })),
              codes: mapValues(codes, ({ step, settled }) => ({ step, settled })),
            }
          : {
              steps: mapValues(steps, (text) => text[part as keyof ByLanguage]),
              codes: mapValues(codes, (text) => text[part as keyof ByLanguage]),
            };
      return `export default ${JSON.stringify(content)}`;
    },
  };
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
