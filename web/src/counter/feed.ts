import { createConnection, type Connection, type ConnectionStatus } from '@harang/client';
import type { components } from '../api/schema';
import { adjustClock } from '../shared/clock';
import { ApiError, request } from '../shared/http';
import type { Access } from './access';

export type Counter = components['schemas']['CounterBody'];

/** What the screen shows, and how well it knows it. */
export interface FeedState {
  /** null before the first answer. */
  readonly counter: Counter | null;
  /** The last question got no answer. */
  readonly failing: boolean;
  readonly connection: ConnectionStatus;
}

export interface Feed {
  readonly state: () => FeedState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Returns are no events: the list is asked for anew at least this often, milliseconds. */
const readEvery = 30_000;
/** Events in a row are one question. */
const readPause = 1000;
/** A connection that does not try again by itself is asked to: nobody stands in front of the screen to do so. */
const retryEvery = 20_000;

/** Keeps the screen up to date: at once after each event, and from time to time. */
export function createFeed(access: Access, connect: typeof createConnection = createConnection): Feed {
  let state: FeedState = { counter: null, failing: false, connection: 'reconnecting' };
  let connection: Connection | null = null;
  let reading = false;
  let again = false;
  let pause: ReturnType<typeof setTimeout> | null = null;
  let timers: ReturnType<typeof setInterval>[] = [];
  const listeners = new Set<() => void>();
  const become = (next: Partial<FeedState>) => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };

  const read = async (retry = true): Promise<void> => {
    try {
      const counter = await request<Counter>('/counter', {
        headers: { Authorization: `Bearer ${access.token() ?? ''}` },
      });
      become({ counter, failing: false });
    } catch (error) {
      // The access says what a refusal means: the token has ended, or all of it.
      if (error instanceof ApiError && error.status === 401) {
        if (retry && (await access.refresh()) === 'ok') return read(false);
      }
      become({ failing: true });
    }
  };
  const readSoon = () => {
    if (reading || pause !== null) {
      again = true;
      return;
    }
    reading = true;
    void read().finally(() => {
      reading = false;
      pause = setTimeout(() => {
        pause = null;
        if (!again || connection === null) return;
        again = false;
        readSoon();
      }, readPause);
    });
  };
  const ask = async () => {
    // The connection was ended for good, or that is what it looked like.
    if ((await access.refresh()) !== 'ok' || connection === null) return;
    connection.start();
  };

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: () => {
      if (connection !== null) return;
      const live = connect({ token: access.token, refresh: access.refresh });
      connection = live;
      const follow = () => {
        const { status, clock } = live.getSnapshot();
        if (clock) adjustClock(clock.offsetMs);
        if (status !== state.connection) become({ connection: status });
      };
      live.subscribe(follow);
      for (const name of ['event', 'replay', 'gap', 'reload', 'session', 'claim'] as const) live.on(name, readSoon);
      live.on('signedOut', () => void ask());
      live.start();
      readSoon();
      timers = [
        setInterval(readSoon, readEvery),
        setInterval(() => {
          if (live.getSnapshot().status !== 'disconnected') return;
          live.retryNow();
          void ask();
        }, retryEvery),
      ];
    },
    stop: () => {
      connection?.stop();
      connection = null;
      timers.forEach(clearInterval);
      if (pause !== null) clearTimeout(pause);
      pause = null;
      become({ connection: 'disconnected' });
    },
  };
}
