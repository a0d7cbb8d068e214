import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Pixels of the neighbour that stay in sight, so that the row is seen to go on. */
const neighbour = 24;

/**
 * For a row that scrolls sideways: what is chosen in it is scrolled into view, at first and whenever `chosen` changes.
 * Returns the ref of the row.
 */
export function useChosenInView<Row extends HTMLElement>(chosen: string): RefObject<Row | null> {
  const row = useRef<Row>(null);
  useLayoutEffect(() => {
    const item = row.current?.querySelector('[aria-current="page"], [aria-pressed="true"], :checked');
    if (row.current === null || item === null || item === undefined) return;
    const frame = row.current.getBoundingClientRect();
    const { left, right } = item.getBoundingClientRect();
    // scrollIntoView would also scroll the page.
    if (left < frame.left) row.current.scrollLeft -= frame.left - left + neighbour;
    else if (right > frame.right) row.current.scrollLeft += right - frame.right + neighbour;
  }, [chosen]);
  return row;
}
