'use client';

import { useState } from 'react';

/** useMadeFor returns what `make` made for this key, and makes another when the key changes. `make` has no effects. */
export function useMadeFor<Value>(key: string, make: () => Value): Value {
  const [made, setMade] = useState(() => ({ key, value: make() }));
  if (made.key === key) return made.value;
  const next = { key, value: make() };
  setMade(next);
  return next.value;
}
