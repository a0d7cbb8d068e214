export const hu = {
  app: { name: 'Harang' },
};

type Widen<T> = { [K in keyof T]: T[K] extends string ? string : Widen<T[K]> };
/** The same keys in every language. */
export type Messages = Widen<typeof hu>;
