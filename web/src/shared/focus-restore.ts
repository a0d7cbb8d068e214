import { useCallback, useEffect, useRef } from 'react';

/**
 * For a list or a window whose buttons disappear when they are pressed: focus
 * moves to the row of the button, or to the container when the row is gone too,
 * instead of to the start of the page. Returns the ref of the container.
 */
export function useFocusRestore(): (list: HTMLElement | null) => (() => void) | undefined {
  const focused = useRef<{ element: Element; row: HTMLElement | null } | null>(null);
  return useCallback((list: HTMLElement | null) => {
    if (list === null) return undefined;
    const handleFocus = ({ target }: FocusEvent) => {
      if (target instanceof Element) focused.current = { element: target, row: target.closest('li') };
    };
    const handleBlur = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null) focused.current = null;
    };
    const observer = new MutationObserver(() => {
      const before = focused.current;
      if (before === null || before.element.isConnected) return;
      focused.current = null;
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
 * Browsers take the focus from a button that is disabled while it is busy. This
 * restores it when the button is enabled again. Used once, for the whole page.
 */
export function useFocusRestoreAfterBusy(): void {
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
