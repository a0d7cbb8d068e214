import { useEffect, useState } from 'react';

/** Milliseconds: long enough to join pasted or very fast keys, short enough to answer within 100 ms of the key. */
const typingPause = 25;

/** The value once it has not changed for `pause` milliseconds. */
export function useDebounced<T>(value: T, pause = typingPause): T {
  const [debounced, setDebounced] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDebounced(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return debounced;
}
