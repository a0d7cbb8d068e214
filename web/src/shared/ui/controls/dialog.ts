import type { Dialog } from '@base-ui/react/dialog';
import { type RefObject, useRef } from 'react';

/** The uppermost window: each is added to the end of the page. */
function newestWindow(): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>('[role="dialog"]')].at(-1);
}

/**
 * What a window does when somebody wants to leave it: it closes by Escape, the close button or a press beside it. A
 * press elsewhere, on a toast for instance, is no wish to leave it, and neither is one of these for a window above it.
 */
export function useDismissal(onClose: () => void): {
  popup: RefObject<HTMLDivElement | null>;
  onOpenChange: (open: boolean, details: Dialog.Root.ChangeEventDetails) => void;
} {
  const popup = useRef<HTMLDivElement>(null);
  return {
    popup,
    onOpenChange: (open, details) => {
      const { target } = details.event;
      const beside = target instanceof Element && target.hasAttribute('data-dismiss');
      const covered = popup.current !== null && newestWindow() !== popup.current;
      if (details.reason === 'outside-press' && (covered || !beside)) details.cancel();
      else if (details.reason === 'escape-key' && covered) details.cancel();
      else if (!open) onClose();
    },
  };
}

/** The element in the newest window that wants the focus first; the first that can take it where none does. */
export function autofocus(): HTMLElement | true {
  return newestWindow()?.querySelector<HTMLElement>('[data-autofocus]') ?? true;
}

/** Hands a popup's change on, except for a press on its own button, which closes it by itself. */
export function closedBy(anchor: HTMLElement, onOpenedChange: (opened: boolean) => void) {
  return (open: boolean, details: { reason: string; event: Event; cancel: () => void }) => {
    const { target } = details.event;
    if (details.reason === 'outside-press' && target instanceof Node && anchor.contains(target)) {
      details.cancel();
    } else onOpenedChange(open);
  };
}
