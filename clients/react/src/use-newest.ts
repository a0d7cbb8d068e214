'use client';

import { useEffect, useState } from 'react';

/** The value of the newest render, for callbacks that run between renders. */
export interface Newest<Value> {
  readonly get: () => Value;
}

/** useNewest returns the same object on every render. */
export function useNewest<Value>(value: Value): Newest<Value> {
  const [newest] = useState(() => createNewest(value));
  useEffect(() => {
    newest.set(value);
  });
  return newest;
}

function createNewest<Value>(initial: Value): Newest<Value> & { readonly set: (value: Value) => void } {
  let value = initial;
  return {
    get: () => value,
    set(next) {
      value = next;
    },
  };
}
