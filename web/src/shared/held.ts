import { type FocusEvent, type PointerEvent, useEffect, useRef, useState } from 'react';

/** A pointer that rests, or a focus that a tap left behind, holds nothing after this long, milliseconds. */
const patience = 20_000;

/** Whether somebody points at the list or has the focus in it, and the handlers that watch for it. */
export function useHeld() {
  const [held, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const letGo = () => {
    clearTimeout(timer.current);
    setHeld(false);
  };
  const hold = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(false), patience);
    setHeld(true);
  };
  const point = (event: PointerEvent) => {
    if (event.pointerType === 'mouse') hold();
  };
  return {
    held,
    watch: {
      onPointerEnter: point,
      onPointerMove: point,
      onPointerLeave: letGo,
      onFocus: hold,
      onKeyDown: hold,
      onBlur: (event: FocusEvent) => {
        if (!event.currentTarget.contains(event.relatedTarget)) letGo();
      },
    },
  };
}
