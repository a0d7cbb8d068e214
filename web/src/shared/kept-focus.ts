import { useCallback, useRef } from 'react';

/**
 * For a list whose buttons go away when they are pressed: the focus then goes to
 * the row they stood in, or to the list when the row is gone too, instead of to
 * the page's beginning. Returns the list's ref.
 */
export function useKeptFocus(): (list: HTMLElement | null) => (() => void) | undefined {
  const held = useRef<{ element: Element; row: HTMLElement | null } | null>(null);
  return useCallback((list: HTMLElement | null) => {
    if (list === null) return undefined;
    const handleFocus = ({ target }: FocusEvent) => {
      if (target instanceof Element) held.current = { element: target, row: target.closest('li') };
    };
    const handleBlur = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null) held.current = null;
    };
    const observer = new MutationObserver(() => {
      const before = held.current;
      if (before === null || before.element.isConnected) return;
      held.current = null;
      if (document.activeElement !== null && document.activeElement !== document.body) return;
      const next = before.row?.isConnected === true ? before.row : list;
      if (!next.hasAttribute('tabindex')) next.tabIndex = -1;
      next.focus({ preventScroll: true });
    });
    list.addEventListener('focusin', handleFocus);
    list.addEventListener('focusout', handleBlur);
    observer.observe(list, { childList: true, subtree: true });
    return () => {
      list.removeEventListener('focusin', handleFocus);
      list.removeEventListener('focusout', handleBlur);
      observer.disconnect();
    };
  }, []);
}
