// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RefreshOutcome } from '../src/index.js';
import { shareTabs, type Tabs } from '../src/tabs/index.js';
import { Browser, type Tab } from './browser.js';
import { FeedServer } from './feed-server.js';
import { jwt } from '../src/testing/fake-environment.js';

let server: FeedServer;
let browser: Browser;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 1, 4, 14, 0, 0) });
  server = new FeedServer();
  browser = new Browser(server);
});

afterEach(async () => {
  await browser.close();
  vi.useRealTimers();
});

async function commit(): Promise<string> {
  const id = server.commit();
  await browser.settle();
  return id;
}

const wait = (ms: number): Promise<void> => browser.pass(ms);

/** Locks and channels that work, for nobody else. */
const alone: Tabs = {
  locks: { request: (_name, _options, run) => run() },
  openChannel: () => ({ postMessage: () => undefined, addEventListener: () => undefined, close: () => undefined }),
  newId: () => 'alone',
  lastUsedAt: () => 0,
  onUsed: () => () => undefined,
  onHidden: () => () => undefined,
  onFrozen: () => () => undefined,
};

const toastsOf = (tab: Tab): unknown[] =>
  tab.heard.filter(({ kind, isForegroundTab }) => kind === 'event' && isForegroundTab === true);
const statuses = (): string[] => [...browser.tabs].map(({ status }) => status);

describe('one connection', () => {
  it('three tabs share one; all receive everything, the one opened last is the foreground tab', async () => {
    const [a, b, c] = [await browser.open(), await browser.open(), await browser.open()];
    expect(server.dials).toBe(1);
    expect(statuses()).toEqual(['connected', 'connected', 'connected']);
    const id = await commit();
    server.link.emit('notifications', { unreadCount: 3, head: 'e1:m:11', version: 2 });
    server.link.emit('claim', { eventId: id, by: null, at: null });
    await browser.settle();
    for (const tab of [a, b, c]) {
      expect(tab.events).toEqual([id]);
      expect(tab.kinds('reload')).toEqual([{ reason: 'first' }]);
      expect(tab.kinds('notifications', 'claim')).toHaveLength(2);
      expect(tab.kinds('gap')).toEqual([]);
      expect(tab.connection.getSnapshot().session?.tenantId).toBe('budapest');
      expect(tab.errors).toEqual([]);
    }
    expect([a, b, c].map((tab) => toastsOf(tab).length)).toEqual([0, 0, 1]);
  });

  it('a tab that opens later has the current state, reloads its lists, and gets no earlier events', async () => {
    const a = await browser.open();
    await commit();
    server.link.emit('notifications', { unreadCount: 7, head: 'e1:m:11', version: 4 });
    await browser.settle();
    const b = await browser.open();
    expect(b.status).toBe('connected');
    expect(b.events).toEqual([]);
    expect(b.kinds('session')).toMatchObject([{ position: 'e1:m:11', recovered: false, replayed: 0, gap: null }]);
    expect(b.kinds('reload')).toEqual([{ reason: 'first' }]);
    expect(b.kinds('notifications')).toMatchObject([{ unreadCount: 7 }]);
    const id = await commit();
    expect(b.events).toEqual([id]);
    expect(a.events).toHaveLength(2);
  });

  it('another user of the same browser, and another server, have their own connection', async () => {
    await browser.open();
    const other = await browser.open({ share: shareTabs('debrecen/béla') });
    await browser.open({ url: 'https://other.test' });
    expect(server.dials).toBe(3);
    await commit();
    expect(toastsOf(other)).toHaveLength(1);
  });

  it('drops tab messages of another user', async () => {
    const a = await browser.open();
    const b = await browser.open();
    const channel = b.tabs.openChannel('harang/3 /socket.io//ws/dashboard budapest/anna');
    const [sample] = a.said.filter((message) => (message as { kind: string }).kind === 'stateChanged') as {
      term: number;
      state: object;
    }[];
    if (!sample) throw new Error('the leader sent nothing');
    for (const message of [{ ...sample, as: 'debrecen/béla', term: sample.term + 9 }, null, 'x', { kind: 'left' }])
      channel.postMessage(message);
    await browser.settle();
    channel.close();
    expect(statuses()).toEqual(['connected', 'connected']);
    expect(server.dials).toBe(1);
    await commit();
    expect(a.events).toHaveLength(1);
  });

  it('without Web Locks or channels each tab has its own connection', async () => {
    const environment = await browser.open();
    await browser.open();
    expect(server.dials).toBe(1);
    await browser.open({ share: undefined });
    expect(server.dials).toBe(2);
    for (const broken of [
      { ...alone, locks: { request: () => Promise.reject(new Error('insecure')) } },
      {
        ...alone,
        openChannel: () => {
          throw new Error('opaque origin');
        },
      },
    ]) {
      const tab = await browser.open({
        environment: Object.assign(Object.create(environment) as Tab, { tabs: broken, reportError: () => undefined }),
      });
      expect(tab.status).toBe('connected');
    }
    expect(server.dials).toBe(4);
  });
});

describe('leader change', () => {
  it.each(['close', 'crash'] as const)('resumes with pid and position when the leader is gone (%s)', async (how) => {
    const a = await browser.open();
    const b = await browser.open();
    const c = await browser.open();
    const first = await commit();
    a[how]();
    const between = server.commit();
    await browser.settle();
    expect(server.link.connect).toMatchObject({ pid: 'pid-1', offset: 'e1:m:11' });
    expect(server.open).toHaveLength(1);
    for (const tab of [b, c]) {
      expect(tab.status).toBe('connected');
      expect(tab.events).toEqual([first, between]);
      expect(tab.kinds('reload')).toEqual([{ reason: 'first' }]);
      expect(tab.kinds('gap')).toEqual([]);
      expect(tab.kinds('replay')).toHaveLength(1);
    }
    // The digest belongs to one tab, too.
    expect([b, c].map((tab) => tab.heard.find(({ kind }) => kind === 'replay')?.isForegroundTab)).toEqual([
      false,
      true,
    ]);
    const after = await commit();
    expect(b.events).toEqual([first, between, after]);
    expect(c.events).toEqual([first, between, after]);
  });

  it('sends the pid again when the first CONNECT is lost', async () => {
    const a = await browser.open();
    await browser.open();
    await commit();
    const welcome = server.onConnect;
    server.onConnect = null;
    a.close();
    await browser.settle();
    server.link.cut();
    server.onConnect = welcome;
    await wait(3000);
    expect(server.link.connect).toMatchObject({ pid: 'pid-1', offset: 'e1:m:11' });
    expect(statuses()).toEqual(['connected']);
  });

  it('brings followers up to its own position', async () => {
    const [a, b, c] = [await browser.open(), await browser.open(), await browser.open()];
    const first = await commit();
    // What the speaker said last does not reach the third tab before the lock is the second one's.
    c.freeze();
    const second = await commit();
    a.crash();
    await browser.settle();
    c.thaw();
    await browser.settle();
    const third = await commit();
    for (const tab of [b, c]) {
      expect(tab.events).toEqual([first, second, third]);
      expect(tab.kinds('gap')).toEqual([]);
    }
  });

  it('continues the backoff of the previous leader', async () => {
    const a = await browser.open();
    const b = await browser.open();
    server.mode = 'refuse';
    b.hide();
    server.link.cut();
    await wait(3000);
    expect(server.dials).toBe(2);
    expect(b.connection.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      reason: 'NETWORK',
      retryAt: Date.now() + 6000,
    });
    await wait(1000);
    a.close();
    await browser.settle();
    expect(b.connection.getSnapshot()).toMatchObject({ status: 'reconnecting', retryAt: Date.now() + 5000 });
    await wait(4999);
    expect(server.dials).toBe(2);
    await wait(1);
    expect(server.dials).toBe(3);
    expect(b.connection.getSnapshot().retryAt).toBe(Date.now() + 12_000);
  });

  it('replaces a frozen leader: after 2 s by a tab in use, later by a visible one', async () => {
    const a = await browser.open();
    const b = await browser.open();
    const c = await browser.open();
    b.hide();
    c.hide();
    const first = await commit();
    a.freeze();
    a.hide();
    const missed = await commit();
    await wait(10_000);
    expect(server.dials).toBe(1); // nobody looks
    b.use();
    await wait(1999);
    expect(server.dials).toBe(1);
    await wait(1);
    expect(server.link.connect).toMatchObject({ pid: 'pid-1', offset: 'e1:m:11' });
    expect(b.events).toEqual([first, missed]);
    expect(c.events).toEqual([first, missed]);
    a.thaw();
    await browser.settle();
    expect(server.open).toHaveLength(1);
    expect(statuses()).toEqual(['connected', 'connected', 'connected']);
    expect(a.events).toEqual([first, missed]);

    b.freeze();
    a.use();
    const again = await commit();
    await wait(7000);
    expect(a.events).toEqual([first, missed, again]);
    b.thaw();
    await browser.settle();
    expect(b.events).toEqual([first, missed, again]);
    expect(server.open).toHaveLength(1);
  });

  it('happens at once when the browser freezes the leader', async () => {
    const a = await browser.open();
    const b = await browser.open();
    b.hide();
    const first = await commit();
    await a.putToSleep();
    expect(server.link.connect).toMatchObject({ pid: 'pid-1', offset: 'e1:m:11' });
    expect(server.open).toHaveLength(1);
    const missed = await commit();
    expect(b.events).toEqual([first, missed]);
    await wait(60_000);
    expect(b.status).toBe('connected');
    a.wakeUp();
    await browser.settle();
    expect(statuses()).toEqual(['connected', 'connected']);
    const last = await commit();
    for (const tab of [a, b]) {
      expect(tab.events).toEqual([first, missed, last]);
      expect(tab.kinds('gap')).toEqual([]);
    }
    expect(server.open).toHaveLength(1);
  });

  it('a frozen single tab disconnects, and resumes at its position when it wakes', async () => {
    const a = await browser.open();
    const first = await commit();
    await a.putToSleep();
    expect(server.open).toHaveLength(0);
    const missed = [await commit(), await commit()];
    await wait(60_000);
    a.wakeUp();
    await browser.settle();
    expect(server.link.connect).toMatchObject({ pid: 'pid-1', offset: 'e1:m:11' });
    expect(a.status).toBe('connected');
    expect(a.events).toEqual([first, ...missed]);
    expect(a.kinds('replay')).toHaveLength(1);
  });

  it('a tab that opens beside a frozen one leads; the frozen one reports what it missed', async () => {
    const a = await browser.open();
    const first = await commit();
    await a.putToSleep();
    await commit();
    const b = await browser.open();
    expect(b.status).toBe('connected');
    const heard = await commit();
    a.wakeUp();
    await browser.settle();
    const last = await commit();
    expect(server.open).toHaveLength(1);
    expect(b.events).toEqual([heard, last]);
    expect(a.events).toEqual([first, heard, last]);
    expect(a.kinds('gap')).toMatchObject([{ reason: 'hole', missed: 1 }]);
    expect(a.kinds('reload')).toEqual([{ reason: 'first' }, { reason: 'hole' }]);
  });

  it('a leader that answers keeps the lock, and hidden tabs do not probe it', async () => {
    const a = await browser.open();
    const b = await browser.open();
    b.hide();
    const said = b.said.length;
    await wait(120_000);
    expect(b.said).toHaveLength(said);
    b.use();
    await wait(120_000);
    expect(server.dials).toBe(1);
    expect(a.status).toBe('connected');
    expect(server.link.messages('clock').length).toBeGreaterThan(0); // it was asked to look, too
  });
});

describe('a connection that is down', () => {
  it('"Újra most" in any tab tries at once, from that tab, at the shared position', async () => {
    const a = await browser.open();
    const b = await browser.open();
    await commit();
    server.mode = 'refuse';
    b.hide();
    a.hide();
    server.link.cut();
    await browser.settle();
    server.mode = 'accept';
    b.connection.retryNow();
    await browser.settle();
    expect(statuses()).toEqual(['connected', 'connected']);
    expect(server.link.connect).toMatchObject({ pid: 'pid-1', offset: 'e1:m:11' });
    expect(server.dials).toBe(2);
    b.connection.retryNow();
    a.connection.retryNow();
    await browser.settle();
    expect(server.dials).toBe(2);
    expect(server.link.messages('clock')).toHaveLength(2);
  });

  it('a hidden leader offers the next try to a visible tab', async () => {
    const a = await browser.open();
    const b = await browser.open();
    a.hide();
    server.mode = 'refuse';
    server.link.cut();
    await browser.settle();
    a.freeze(); // its timers do not matter any more
    server.mode = 'accept';
    await wait(2999);
    expect(server.dials).toBe(1);
    await wait(1);
    expect(b.status).toBe('connected');
  });

  it('the waits grow as in one tab when visible tabs try by turns', async () => {
    await browser.open();
    await browser.open();
    server.mode = 'refuse';
    server.link.cut();
    await browser.settle();
    for (const step of [3000, 6000, 12_000, 24_000, 30_000]) await wait(step);
    const waits = server.dialTimes.slice(2).map((time, index) => time - (server.dialTimes[index + 1] ?? 0));
    expect(waits).toEqual([6000, 12_000, 24_000, 30_000]);
    expect(statuses()).toEqual(['reconnecting', 'reconnecting']);
  });

  it('WebSocket and polling go by turns across tabs, too', async () => {
    server.transports = ['websocket', 'polling'];
    server.mode = 'hang';
    await browser.open();
    await browser.open();
    await wait(10_000);
    await wait(3000);
    expect(server.dialled).toEqual(['websocket', 'polling']);
  });

  it('one offline tab is isolated and catches up with one batch; the others go on', async () => {
    const a = await browser.open();
    const b = await browser.open();
    await commit();
    server.mode = 'refuse';
    a.goOffline();
    server.link.cut();
    await browser.settle();
    server.mode = 'accept';
    await wait(3000);
    expect(b.status).toBe('connected');
    const missed = [await commit(), await commit()];
    expect(a.connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'OFFLINE', retryAt: null });
    expect(a.events).toHaveLength(1);
    a.goOnline();
    await browser.settle();
    expect(a.status).toBe('connected');
    expect(a.kinds('replay')).toMatchObject([
      { deliveries: [{ event: { eventId: missed[0] } }, { event: { eventId: missed[1] } }] },
    ]);
    expect(a.kinds('gap')).toEqual([]);
    expect(server.open).toHaveLength(1);
  });

  it('all tabs offline: all report it, and all reconnect', async () => {
    const tabs = [await browser.open(), await browser.open()];
    server.mode = 'refuse';
    for (const tab of tabs) tab.goOffline();
    server.link.cut();
    await browser.settle();
    expect(tabs.map(({ connection }) => connection.getSnapshot().reason)).toEqual(['OFFLINE', 'OFFLINE']);
    server.mode = 'accept';
    for (const tab of tabs) tab.goOnline();
    await browser.settle();
    expect(statuses()).toEqual(['connected', 'connected']);
  });

  it('a gap is reported in every tab, to be shown in one', async () => {
    const [a, b] = [await browser.open(), await browser.open()];
    await commit();
    server.window = 2;
    server.mode = 'refuse';
    server.link.cut();
    await browser.settle();
    for (let number = 0; number < 5; number += 1) server.commit();
    server.mode = 'accept';
    await wait(3000);
    for (const tab of [a, b]) {
      expect(tab.kinds('gap')).toMatchObject([{ reason: 'overflow', missed: 3 }]);
      expect(tab.kinds('reload')).toEqual([{ reason: 'first' }, { reason: 'overflow' }]);
      expect(tab.events).toEqual(['event-11', 'event-15', 'event-16']);
    }
    expect([a, b].map((tab) => tab.heard.find(({ kind }) => kind === 'gap')?.isForegroundTab)).toEqual([false, true]);
  });

  it('a tab away for longer than the others remember reports a hole', async () => {
    const a = await browser.open();
    await browser.open();
    server.mode = 'refuse';
    a.goOffline();
    server.link.cut();
    await browser.settle();
    server.mode = 'accept';
    await wait(3000);
    for (let number = 0; number < 101; number += 1) server.commit();
    await browser.settle();
    a.goOnline();
    await browser.settle();
    expect(a.kinds('gap')).toMatchObject([{ reason: 'hole', missed: 101 }]);
    expect(a.kinds('reload')).toEqual([{ reason: 'first' }, { reason: 'hole' }]);
    const id = await commit();
    expect(a.events).toEqual([id]);
  });
});

describe('the foreground tab', () => {
  it('is the visible one that was used last; of hidden ones the one used last', async () => {
    const tabs = [await browser.open(), await browser.open(), await browser.open()] as const;
    const [a, b, c] = tabs;
    const where = async (): Promise<Tab | undefined> => {
      const before = tabs.map((tab) => toastsOf(tab).length);
      await commit();
      const found = tabs.filter((tab, index) => toastsOf(tab).length > (before[index] ?? 0));
      expect(found.length).toBeLessThanOrEqual(1);
      return found[0];
    };
    expect(await where()).toBe(c);
    await wait(1);
    a.use();
    await browser.settle();
    expect(await where()).toBe(a);
    a.hide();
    await browser.settle();
    expect(await where()).toBe(c);
    for (const tab of [b, c]) tab.hide();
    await browser.settle();
    expect(await where()).toBe(a);
    await wait(1);
    b.use();
    await browser.settle();
    expect(await where()).toBe(b);
    b.crash();
    await browser.settle();
    expect(await where()).toBe(a);
    a.close();
    await browser.settle();
    expect(await where()).toBe(c);
  });

  it('a tab that was opened in the background is not the foreground tab', async () => {
    const a = await browser.open();
    const b = await browser.open({}, (tab) => {
      tab.visible = false;
    });
    await commit();
    expect([toastsOf(a).length, toastsOf(b).length]).toEqual([1, 0]);
  });
});

describe('seen ids and sign-out', () => {
  it('sends the seen ids of any tab over the one connection, later if it is down', async () => {
    const a = await browser.open();
    const b = await browser.open();
    b.connection.markSeen(['x']);
    await wait(500);
    expect(server.link.messages('seen')).toEqual([[{ eventIds: ['x'] }]]);
    server.mode = 'refuse';
    a.hide();
    b.hide();
    server.link.cut();
    await browser.settle();
    b.connection.markSeen(['y']);
    server.mode = 'accept';
    await wait(3000);
    await wait(500);
    expect(server.link.messages('seen')).toEqual([[{ eventIds: ['y'] }]]);
  });

  it.each(['LOGGED_OUT', 'USER_DISABLED'])('%s ends all tabs, and no tab dials again', async (code) => {
    const tabs = [await browser.open(), await browser.open(), await browser.open()];
    server.link.emit('goodbye', { code, reconnect: false, retryAfterMs: null });
    server.link.disconnect();
    await browser.settle();
    for (const tab of tabs) {
      expect(tab.kinds('signedOut')).toEqual([{ reason: code }]);
      expect(tab.connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: code });
    }
    await wait(60_000);
    expect(server.open).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('each tab asks for itself whether the session is over', async () => {
    const outcomes: RefreshOutcome[] = ['refused', 'refused', 'ok'];
    const tabs: Tab[] = [];
    let token: string | null = 'opaque';
    for (const outcome of outcomes)
      tabs.push(
        await browser.open({
          token: () => (outcome === 'ok' ? jwt(Date.now() + 900_000) : token),
          refresh: () => Promise.resolve(outcome),
        }),
      );
    token = null;
    for (const tab of tabs.slice(1)) tab.hide();
    await browser.settle();
    server.link.cut();
    await browser.settle();
    await wait(3000);
    expect(tabs.map((tab) => tab.kinds('signedOut'))).toEqual([
      [{ reason: 'SIGNED_OUT' }],
      [{ reason: 'SIGNED_OUT' }],
      [],
    ]);
    expect(tabs[2]?.status).toBe('connected');
  });

  it('a stopped tab leaves nothing behind', async () => {
    const a = await browser.open();
    const b = await browser.open();
    b.close();
    a.close();
    await browser.settle();
    expect(server.open).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(a.listeners + b.listeners).toBe(0);
    expect(a.channels).toEqual([]);
    expect(a.connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'STOPPED' });
    a.connection.start();
    browser.tabs.add(a);
    await browser.settle();
    expect(a.status).toBe('connected');
  });
});
