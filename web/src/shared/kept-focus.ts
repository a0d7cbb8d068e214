import { useCallback, useEffect, useRef } from 'react';

/**
 * For a list or a window whose buttons go away when they are pressed: the focus
 * then goes to the row they stood in, or to the whole when the row is gone too,
 * instead of to the page's beginning. Returns the ref of the whole.
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

/**
 * A button that is busy is disabled, and browsers take the focus from it then.
 * This gives it back when the button can be pressed again. Once for the page.
 */
export function useFocusThroughBusy(): void {
  useEffect(() => {
    let last: EventTarget | null = null;
    const handleFocus = ({ target }: FocusEvent) => {
      last = target;
    };
    const observer = new MutationObserver((changes) => {
      if (document.activeElement !== null && document.activeElement !== document.body) return;
      const back = changes.find(({ target }) => target === last)?.target;
      if (back instanceof HTMLButtonElement && !back.disabled) back.focus({ preventScroll: true });
    });
    document.addEventListener('focusin', handleFocus);
    observer.observe(document.body, { attributeFilter: ['disabled'], subtree: true });
    return () => {
      document.removeEventListener('focusin', handleFocus);
      observer.disconnect();
    };
  }, []);
}
