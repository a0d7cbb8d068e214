import { type ComponentType, createElement, use } from 'react';
import { messagesLoaded } from '../shared/i18n/i18n';
import { loadWithRetry } from '../shared/load-with-retry';

const loaders: (() => Promise<void>)[] = [];

/**
 * The component of a route whose code is loaded when it is needed. Without a
 * server the router waits for it and keeps the page before; see loadWithRetry.
 */
export function lazyPage<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) {
  const loadModule = loadWithRetry(async () => {
    const module = await load();
    await messagesLoaded();
    return module;
  });
  let loaded: ComponentType | null = null;
  const preload = async () => {
    loaded = (await loadModule())[name];
  };
  loaders.push(preload);
  const LazyPage = () => createElement(loaded ?? use(loadModule())[name]);
  return Object.assign(LazyPage, { preload });
}

/** Loads the code of every page, one after the other while the browser is idle, so that none needs the server later. */
export async function preloadPages(): Promise<void> {
  for (const load of loaders) {
    await idle();
    await load();
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no requestIdleCallback.
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: 5000 });
    else setTimeout(resolve, 200);
  });
}
