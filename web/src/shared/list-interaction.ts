import { type FocusEvent, type PointerEvent, useEffect, useRef, useState } from 'react';

/** Milliseconds after which a resting pointer, or focus left behind by a tap, no longer counts as interaction. */
const idleAfter = 20_000;

/** Whether the user points at the list or has the focus in it, and the handlers that detect it. */
export function useListInteraction() {
  const [interacting, setInteracting] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const end = () => {
    clearTimeout(timer.current);
    setInteracting(false);
  };
  const begin = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setInteracting(false), idleAfter);
    setInteracting(true);
  };
  const handlePointer = (event: PointerEvent) => {
    if (event.pointerType === 'mouse') begin();
  };
  return {
    interacting,
    handlers: {
      onPointerEnter: handlePointer,
      onPointerMove: handlePointer,
      onPointerLeave: end,
      onFocus: begin,
      onKeyDown: begin,
      onBlur: (event: FocusEvent) => {
        if (!event.currentTarget.contains(event.relatedTarget)) end();
      },
    },
  };
}
