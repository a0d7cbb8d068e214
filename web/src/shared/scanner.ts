import { useEffect, useEffectEvent } from 'react';

// A scanner of the wedge kind is a keyboard to the browser: it types what it reads and presses Enter. What tells it
// from a person is its pace, measured by the times of the key events, so a busy page changes nothing.

/** A longer pause between two keys begins a new text, milliseconds. */
export const scannerPause = 120;
/** The keys of a scan follow each other at this distance or less on average, milliseconds; people need twice as long. */
const averageDistance = 50;
/** Shorter texts are not scans. */
const fewestKeys = 3;

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

interface Press {
  at: number;
  text: string;
  field: Field | null;
  /** What the field had before the key. */
  before: string;
}

/** Put on a field that takes scans itself: what is typed there is left to it. */
export const takesScans = { 'data-takes-scans': true } as const;

/**
 * Calls `onScan` with each text that a scanner types, wherever the focus is. The Enter of the scan does nothing else,
 * and the focused field has its former value again. In a field for words a text without a digit is left alone.
 * Returns the function that stops it.
 */
export function watchScanner(onScan: (code: string) => void): () => void {
  let presses: Press[] = [];
  let scannedAt = -Infinity;

  const swallow = (event: KeyboardEvent) => {
    event.preventDefault();
    event.stopPropagation();
  };

  const handleKey = (event: KeyboardEvent) => {
    if (['Shift', 'Control', 'Alt', 'AltGraph', 'CapsLock'].includes(event.key)) return;
    const shortcut = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState('AltGraph');
    const target = event.target instanceof Element ? event.target : null;
    const last = presses.at(-1);
    if (last !== undefined && event.timeStamp - last.at > scannerPause) presses = [];
    if (shortcut || event.repeat || event.isComposing || target?.hasAttribute('data-takes-scans')) {
      presses = [];
      return;
    }
    if (event.key !== 'Enter') {
      if (event.key.length !== 1) presses = [];
      else {
        const field = fieldOf(target);
        presses.push({ at: event.timeStamp, text: event.key, field, before: field?.value ?? '' });
      }
      return;
    }
    const scanned = presses;
    presses = [];
    // Some scanners press Enter twice.
    if (scanned.length === 0 && event.timeStamp - scannedAt <= scannerPause) swallow(event);
    else if (isScan(scanned, event.timeStamp)) {
      swallow(event);
      scannedAt = event.timeStamp;
      restore(scanned);
      onScan(textOf(scanned));
    }
  };

  window.addEventListener('keydown', handleKey, true);
  return () => window.removeEventListener('keydown', handleKey, true);
}

/** Watches the scanner while the component is shown. */
export function useScanner(onScan: (code: string) => void): void {
  const handleScan = useEffectEvent(onScan);
  useEffect(() => watchScanner((code) => handleScan(code)), []);
}

function fieldOf(target: Element | null): Field | null {
  return target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
    ? target
    : null;
}

function textOf(presses: readonly Press[]): string {
  return presses
    .map(({ text }) => text)
    .join('')
    .trim();
}

function isScan(presses: readonly Press[], enterAt: number): boolean {
  const [first] = presses;
  const text = textOf(presses);
  if (first === undefined || text.length < fewestKeys) return false;
  if ((enterAt - first.at) / presses.length > averageDistance) return false;
  return /\d/.test(text) || presses.every(({ field }) => field === null || !takesWords(field));
}

function takesWords(field: Field): boolean {
  if (field instanceof HTMLTextAreaElement) return true;
  return field instanceof HTMLInputElement && ['text', 'search'].includes(field.type) && !('number' in field.dataset);
}

/** Gives each field the value that it had before the first of the keys. */
function restore(presses: readonly Press[]): void {
  const seen = new Set<Field>();
  for (const { field, before } of presses) {
    if (field === null || seen.has(field)) continue;
    seen.add(field);
    if (field.value === before) continue;
    // Through the prototype: React replaces the property of the element to know what it has written itself.
    Reflect.set(Object.getPrototypeOf(field) as Field, 'value', before, field);
    field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? 'change' : 'input', { bubbles: true }));
  }
}
