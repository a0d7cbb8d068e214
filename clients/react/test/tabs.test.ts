import { afterEach, expect, it, vi } from 'vitest';
import { browserTabs, watchFront } from '../src/tabs.js';

const locks = { request: () => Promise.resolve() };

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'locks');
});

it('needs Web Locks and channels', () => {
  vi.stubGlobal('BroadcastChannel', vi.fn());
  expect(browserTabs()).toBeUndefined();
  Object.assign(navigator, { locks });
  expect(browserTabs()).toMatchObject({ locks });
  vi.stubGlobal('BroadcastChannel', undefined);
  expect(browserTabs()).toBeUndefined();
});

it('knows when a person turned to the page, and does not take a focus that the page moved for one', () => {
  vi.stubGlobal('BroadcastChannel', vi.fn());
  Object.assign(navigator, { locks });
  const tabs = browserTabs();
  if (!tabs) throw new Error('no tabs');
  watchFront();
  expect(tabs.frontAt()).toBe(Math.round(performance.timeOrigin));
  const turned = vi.fn();
  const stop = tabs.onFront(turned);
  const field = document.body.appendChild(document.createElement('input'));
  field.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
  });
  field.focus();
  expect(turned).not.toHaveBeenCalled();
  field.dispatchEvent(new Event('pointerdown', { bubbles: true }));
  field.dispatchEvent(new Event('keydown', { bubbles: true }));
  window.dispatchEvent(new Event('focus'));
  expect(turned).toHaveBeenCalledTimes(3);
  expect(tabs.frontAt()).toBeGreaterThan(performance.timeOrigin);
  stop();
  window.dispatchEvent(new Event('focus'));
  expect(turned).toHaveBeenCalledTimes(3);
});

it('hears that the page is hidden, not that it is shown', () => {
  vi.stubGlobal('BroadcastChannel', vi.fn());
  Object.assign(navigator, { locks });
  const hidden = vi.fn();
  const stop = browserTabs()?.onHidden(hidden);
  const state = vi.spyOn(document, 'visibilityState', 'get');
  for (const value of ['hidden', 'visible', 'hidden'] as const) {
    state.mockReturnValue(value);
    document.dispatchEvent(new Event('visibilitychange'));
  }
  expect(hidden).toHaveBeenCalledTimes(2);
  stop?.();
  document.dispatchEvent(new Event('visibilitychange'));
  expect(hidden).toHaveBeenCalledTimes(2);
});

it('hears that the browser stops the page and lets it go on', () => {
  vi.stubGlobal('BroadcastChannel', vi.fn());
  Object.assign(navigator, { locks });
  const frozen = vi.fn();
  const stop = browserTabs()?.onFrozen(frozen);
  document.dispatchEvent(new Event('freeze'));
  document.dispatchEvent(new Event('resume'));
  stop?.();
  document.dispatchEvent(new Event('freeze'));
  expect(frozen.mock.calls).toEqual([[true], [false]]);
});
