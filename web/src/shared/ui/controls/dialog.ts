import type { Dialog } from '@base-ui/react/dialog';

/**
 * Closes by Escape, the close button or a press beside the window. A press elsewhere, on a toast for instance, is
 * no wish to leave it.
 */
export function dismissal(onClose: () => void) {
  return (open: boolean, details: Dialog.Root.ChangeEventDetails) => {
    const { target } = details.event;
    const beside = target instanceof Element && target.hasAttribute('data-dismiss');
    if (details.reason === 'outside-press' && !beside) details.cancel();
    else if (!open) onClose();
  };
}

/** The element in a window that wants the focus first; the first that can take it where none does. */
export function autofocus(): HTMLElement | true {
  return document.querySelector<HTMLElement>('[role="dialog"] [data-autofocus]') ?? true;
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
