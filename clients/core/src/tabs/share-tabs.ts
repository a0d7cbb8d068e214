import type { ShareConnection } from '../connection-observer.js';
import { browserTabs } from './browser-tabs.js';
import { createTabCoordinator } from './tab-coordinator.js';

/**
 * shareTabs gives the tabs of this browser that name the same `shareAs` one connection. Name tenant, user and role:
 * all of them receive the same events. Without Web Locks or BroadcastChannel (a page that came neither over https nor
 * from this machine) each tab has its own connection.
 */
export function shareTabs(shareAs: string): ShareConnection {
  return (options, environment, pipeline, observer) => {
    const tabs = environment.tabs === undefined ? browserTabs() : environment.tabs;
    return tabs ? createTabCoordinator(shareAs, options, environment, tabs, pipeline, observer) : null;
  };
}
