import { useEffect, useRef, type RefObject } from 'react';
import { useLiveTools } from './live-context';

/** Tells the server that these events were on screen, once the tab is visible. */
export function useSeen(eventIds: readonly string[]): void {
  const { markSeen } = useLiveTools();
  const key = eventIds.join(' ');
  useEffect(() => {
    if (key === '') return undefined;
    const tell = () => {
      if (document.visibilityState === 'visible') markSeen(key.split(' '));
    };
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => document.removeEventListener('visibilitychange', tell);
  }, [key, markSeen]);
}

/** The same for a row, once it has been scrolled into sight. */
export function useSeenInSight<Row extends Element>(eventId: string): RefObject<Row | null> {
  const { markSeen } = useLiveTools();
  const row = useRef<Row>(null);
  useEffect(() => {
    const element = row.current;
    if (!element || typeof IntersectionObserver === 'undefined') return undefined;
    // In a hidden tab nothing intersects, so this waits for the tab too.
    const observer = new IntersectionObserver(
      (changes) => {
        if (document.visibilityState !== 'visible' || !changes.some(({ isIntersecting }) => isIntersecting)) return;
        markSeen([eventId]);
        observer.disconnect();
      },
      { threshold: 0.5 },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [eventId, markSeen]);
  return row;
}
