import { afterEach, expect, it, vi } from 'vitest';
import { browserTabs, watchForeground } from '../src/tabs/browser-tabs.js';

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

it('reports when a person uses the page, not when the page moves its focus', () => {
  vi.stubGlobal('BroadcastChannel', vi.fn());
  Object.assign(navigator, { locks });
  const tabs = browserTabs();
  if (!tabs) throw new Error('no tabs');
  watchForeground();
  expect(tabs.lastUsedAt()).toBe(Math.round(performance.timeOrigin));
  const turned = vi.fn();
  const stop = tabs.onUsed(turned);
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
  expect(tabs.lastUsedAt()).toBeGreaterThan(performance.timeOrigin);
  stop();
  window.dispatchEvent(new Event('focus'));
  expect(turned).toHaveBeenCalledTimes(3);
});

it('reports that the page is hidden, not that it is shown', () => {
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

it('reports freeze and resume', () => {
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
