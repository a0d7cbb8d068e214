import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { scan, scanAll } from '../test/scan';
import { takesScans, watchScanner } from './scanner';

const scanned = vi.fn<(code: string) => void>();
const submitted = vi.fn();
const clicked = vi.fn();
let stop: () => void;

beforeEach(() => {
  document.body.innerHTML = `
    <form>
      <input id="quantity" data-number value="7" />
      <input id="words" value="" />
      <input id="own" />
      <button id="button" type="button">Add</button>
    </form>`;
  document.querySelector('form')?.addEventListener('submit', (event) => {
    event.preventDefault();
    submitted();
  });
  element('button').addEventListener('click', clicked);
  for (const name of Object.keys(takesScans)) element('own').setAttribute(name, 'true');
  element('quantity').setSelectionRange(1, 1);
  stop = watchScanner(scanned);
});

afterEach(() => {
  stop();
  document.body.innerHTML = '';
  vi.clearAllMocks();
});

function element(id: string): HTMLInputElement {
  return document.querySelector<HTMLInputElement>(`#${id}`) ?? document.createElement('input');
}

it('knows a scan by its pace, and leaves the focused number field as it was', () => {
  const values = vi.fn<(value: string) => void>();
  element('quantity').focus();
  element('quantity').addEventListener('input', () => values(element('quantity').value));
  scan('5991234567890');
  expect(scanned.mock.calls).toEqual([['5991234567890']]);
  expect(element('quantity')).toHaveValue('7');
  // The field's owner gets the former value last.
  expect(values).toHaveBeenLastCalledWith('7');
  expect(submitted).not.toHaveBeenCalled();
});

it('lets a scan press no button, wherever the focus is', () => {
  element('button').focus();
  scan('1001');
  element('button').blur();
  scan('KAPA-1');
  expect(scanned.mock.calls).toEqual([['1001'], ['KAPA-1']]);
  expect(clicked).not.toHaveBeenCalled();
});

it('takes one scan right after the other, and an Enter too many with neither', () => {
  element('quantity').focus();
  scanAll(['1001', '', '2002', '3003']);
  expect(scanned.mock.calls).toEqual([['1001'], ['2002'], ['3003']]);
  expect(element('quantity')).toHaveValue('7');
  expect(submitted).not.toHaveBeenCalled();
});

it('leaves people alone: slow keys, two keys, words in a field for words', () => {
  element('quantity').focus();
  scan('1001', 80);
  expect(element('quantity')).toHaveValue('71001');
  scan('12');
  expect(submitted).toHaveBeenCalledTimes(2);
  element('words').focus();
  scan('makita');
  expect(element('words')).toHaveValue('makita');
  expect(submitted).toHaveBeenCalledTimes(3);
  expect(scanned).not.toHaveBeenCalled();
});

it('takes letters from where no words belong', () => {
  element('quantity').focus();
  scan('KAPA');
  expect(scanned.mock.calls).toEqual([['KAPA']]);
  expect(element('quantity')).toHaveValue('7');
});

it('leaves a field alone that takes scans itself', () => {
  element('own').focus();
  scan('1001');
  expect(element('own')).toHaveValue('1001');
  expect(submitted).toHaveBeenCalledOnce();
  expect(scanned).not.toHaveBeenCalled();
});

it('does not count a key that is held, nor shortcuts, nor what was typed before', () => {
  element('quantity').focus();
  const hold = (init: KeyboardEventInit) =>
    element('quantity').dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
  for (const key of ['3', '3', '3']) hold({ key, repeat: true });
  expect(hold({ key: 'Enter' })).toBe(true);
  for (const key of ['a', 'b', 'c', '1']) hold({ key, ctrlKey: true });
  expect(hold({ key: 'Enter' })).toBe(true);
  scan('1', 400);
  scan('2002');
  expect(scanned.mock.calls).toEqual([['2002']]);
  expect(element('quantity')).toHaveValue('71');
});

it('stops', () => {
  stop();
  element('quantity').focus();
  scan('1001');
  expect(scanned).not.toHaveBeenCalled();
});
