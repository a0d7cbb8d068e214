import { type RefObject, useEffect, useRef } from 'react';

/**
 * The ref of a form that Enter submits from its selects, too, in every browser; where products are searched, it leads
 * from the location to them. A key that is held down confirms one step only.
 */
export function useEnter(): RefObject<HTMLFormElement | null> {
  const ref = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const form = ref.current;
    const handleKey = (event: KeyboardEvent) => {
      if (event.key !== 'Enter') return;
      if (event.repeat) event.preventDefault();
      else if (event.target instanceof HTMLSelectElement) {
        event.preventDefault();
        const search = form?.querySelector<HTMLElement>('[data-takes-scans]');
        if (search) search.focus();
        else form?.requestSubmit();
      }
    };
    form?.addEventListener('keydown', handleKey);
    return () => form?.removeEventListener('keydown', handleKey);
  }, []);
  return ref;
}
