import type { ChannelPort, Tabs } from './browser-tabs.js';
import type { Environment } from '../environment.js';
import { readTabMessage, type Envelope, type TabMessage } from './tab-messages.js';
import { createTabRegistry, lifeLock, type TabRegistry, type TabState } from './tab-registry.js';

/** What a member of the group receives. */
export interface MembershipEvents {
  /** joined: the other tabs can find out from now on when this one is gone. */
  joined(): void;
  received(message: Envelope): void;
  /** failed: this browser has no locks or channels for this page. */
  failed(error: unknown): void;
}

/** This tab among the tabs that share a connection: its id, its state, and the channel between them. */
export interface Membership {
  readonly id: string;
  readonly registry: TabRegistry;
  join(): void;
  leave(): void;
  post(message: TabMessage): void;
  /** ownState reads this tab's state and registers it; a person uses it at `lastUsedAt`. */
  ownState(lastUsedAt?: number): TabState;
  readonly isForegroundTab: () => boolean;
  /** disconnect closes the channel: this tab goes on alone. */
  disconnect(): void;
}

export function createMembership(
  group: string,
  shareAs: string,
  tabs: Tabs,
  environment: Environment,
  events: MembershipEvents,
): Membership {
  const id = tabs.newId();
  const registry = createTabRegistry(group, id, tabs.locks);
  let channel: ChannelPort | null = null;
  let releaseLife: () => void = () => undefined;
  let left = false;

  function disconnect(): void {
    channel?.close();
    channel = null;
  }

  return {
    id,
    registry,
    disconnect,
    join() {
      try {
        channel = tabs.openChannel(group);
      } catch (error) {
        events.failed(error);
        return;
      }
      channel.addEventListener('message', ({ data }) => {
        const message = left ? null : readTabMessage(data, shareAs);
        if (message) events.received(message);
      });
      // Held for life, before any tab knows this one: a tab that is granted it knows that this one is gone.
      const hold = (): Promise<void> => {
        if (left) return Promise.resolve();
        events.joined();
        return new Promise((resolve) => {
          releaseLife = resolve;
        });
      };
      tabs.locks.request(lifeLock(group, id), {}, hold).catch((error: unknown) => {
        events.failed(error);
      });
    },
    leave() {
      this.post({ kind: 'left' });
      left = true;
      registry.stop();
      releaseLife();
      disconnect();
    },
    post(message) {
      try {
        channel?.postMessage({ ...message, from: id, as: shareAs });
      } catch (error) {
        environment.reportError(error);
      }
    },
    ownState(lastUsedAt = registry.get(id)?.lastUsedAt ?? 0) {
      const state = { lastUsedAt, visible: environment.isVisible(), online: environment.isOnline() };
      registry.set(id, state);
      return state;
    },
    isForegroundTab: () => registry.foregroundTab() === id,
  };
}
