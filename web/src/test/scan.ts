import { act } from '@testing-library/react';

/** When the last key of the simulated scanners was pressed. */
let clock = 0;

/**
 * A wedge scanner: types the text and Enter into what has the focus, with so many milliseconds between the keys, as
 * a browser would pass them on. A second passes before it.
 */
export function scan(text: string, distance = 5): void {
  scanAll([text], distance);
}

/** The same with several texts, one right after the other. */
export function scanAll(texts: readonly string[], distance = 5): void {
  clock = Math.max(clock, new Event('now').timeStamp) + 1000;
  for (const key of texts.flatMap((text) => text.split('').concat('Enter'))) {
    clock += distance;
    press(key, clock);
  }
}

function press(key: string, at: number): void {
  const target = document.activeElement ?? document.body;
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  Object.defineProperty(event, 'timeStamp', { value: at });
  act(() => {
    if (!target.dispatchEvent(event)) return;
    if (key !== 'Enter') type(target, key);
    else if (target instanceof HTMLInputElement) target.form?.requestSubmit();
    else if (target instanceof HTMLButtonElement) target.click();
  });
}

function type(target: Element, key: string): void {
  if (!(target instanceof HTMLInputElement)) return;
  const [from, to] = [target.selectionStart ?? target.value.length, target.selectionEnd ?? target.value.length];
  const typed = target.value.slice(0, from) + key + target.value.slice(to);
  // Past React, which replaces the property of the element.
  Reflect.set(HTMLInputElement.prototype, 'value', typed, target);
  target.dispatchEvent(new Event('input', { bubbles: true }));
}
