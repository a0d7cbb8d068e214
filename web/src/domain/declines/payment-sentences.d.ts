// Parts of contract/payment-sentences.json, made by web/payment-sentences.ts.
type Catalogue = typeof import('../../../../contract/payment-sentences.json');

declare module 'virtual:payment-sentences/rules' {
  const rules: {
    steps: Readonly<Record<string, { retry: boolean }>>;
    codes: Readonly<Record<string, { step: string; settled?: string }>>;
  };
  export default rules;
}

declare module 'virtual:payment-sentences/hu' {
  const texts: { [Part in keyof Catalogue]: Record<keyof Catalogue[Part], string> };
  export default texts;
}

declare module 'virtual:payment-sentences/en' {
  const texts: { [Part in keyof Catalogue]: Record<keyof Catalogue[Part], string> };
  export default texts;
}
