import { useEffect, useState } from 'react';

/**
 * Milliseconds. Long enough to let a paste or a burst of keys through as one,
 * short enough that what was sought stands within 100 ms of the key.
 */
const typingPause = 25;

/** The value once it has stood still for a moment. Outdated requests are cancelled, so a search may follow every key. */
export function useDelayed<T>(value: T, pause = typingPause): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
