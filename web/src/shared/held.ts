import { type FocusEvent, type PointerEvent, useState } from 'react';

/** Whether somebody points at the list or has the focus in it, and the handlers that watch for it. */
export function useHeld() {
  const [held, setHeld] = useState(false);
  return {
    held,
    watch: {
      onPointerEnter: (event: PointerEvent) => event.pointerType === 'mouse' && setHeld(true),
      onPointerLeave: () => setHeld(false),
      onFocus: () => setHeld(true),
      onBlur: (event: FocusEvent) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setHeld(false);
      },
    },
  };
}
