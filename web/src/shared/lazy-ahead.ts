import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import { loadWithRetry } from './load-with-retry';

/**
 * A component whose code is not part of the first screen's. It is loaded as soon as the page has nothing else to do,
 * so that it is there when the server is not.
 */
export function lazyAhead<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  const component = loadWithRetry(async () => ({ default: await load() }));
  const ahead = () => void component().catch(() => undefined);
  if (typeof requestIdleCallback === 'function') requestIdleCallback(ahead, { timeout: 5000 });
  else setTimeout(ahead, 1000);
  return lazy(component);
}
