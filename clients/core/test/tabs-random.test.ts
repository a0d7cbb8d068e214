// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Gap } from '../src/index.js';
import { Browser, type Tab } from './browser.js';
import { FeedServer } from './feed-server.js';

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

/** mulberry32: the same seed, the same afternoon. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

it.each(seeds)('tabs close, crash and lose the network: no loss, no repeat, one toast (seed %i)', async (seed) => {
  for (const { missed, gaps } of await afternoon(seed, false)) {
    expect(missed).toBe(0);
    expect(gaps).toEqual([]);
  }
});

// When every tab that knows the place is frozen, a new one cannot ask it: the others are told of a hole.
it.each(seeds)('tabs also freeze: no repeat, and every loss is reported (seed %i)', async (seed) => {
  for (const { missed, gaps } of await afternoon(seed, true)) {
    expect(gaps.reduce((sum, gap) => sum + (gap.missed ?? Infinity), 0)).toBe(missed);
  }
});

/** afternoon lets chance do what it wants with the tabs, then gives them peace, and returns what each lacks. */
async function afternoon(seed: number, freezing: boolean): Promise<{ missed: number; gaps: Gap[] }[]> {
  const roll = dice(seed);
  const all: Tab[] = [];
  /** The number from which on a tab has to know everything. */
  const since = new Map<Tab, number>();
  const open = async (): Promise<void> => {
    const tab = await browser.open();
    all.push(tab);
  };
  const some = (): Tab | undefined => [...browser.tabs][roll(Math.max(browser.tabs.size, 1))];
  const step = async (): Promise<void> => {
    const tab = some();
    switch (roll(10)) {
      case 0:
        if (browser.tabs.size < 5) await open();
        break;
      case 1:
        if (browser.tabs.size > 1) tab?.close();
        break;
      case 2:
        if (browser.tabs.size > 1) tab?.crash();
        break;
      case 3:
        tab?.use();
        break;
      case 4:
        tab?.hide();
        break;
      case 5:
        if (!freezing) break;
        if (tab?.asleep) tab.wakeUp();
        else if (tab?.frozen) tab.thaw();
        else if (roll(2) === 0) tab?.freeze();
        else await tab?.putToSleep();
        break;
      case 6:
        if (server.open.length > 0) server.link.cut();
        break;
      case 7:
        await browser.pass(roll(2) === 0 ? 3300 : 500);
        break;
      default:
        server.commit();
    }
    // Now and then the next thing happens before this one is through.
    if (roll(3) > 0) await browser.settle();
    for (const known of browser.tabs) {
      const first = known.kinds('session')[0] as { position: string } | undefined;
      if (first && !since.has(known)) since.set(known, Number(first.position.split(':')[2]));
    }
  };

  await open();
  await open();
  for (let count = 0; count < 40; count += 1) await step();

  // Peace: somebody looks at every tab, and everything has its time.
  for (const tab of browser.tabs) {
    if (tab.asleep) tab.wakeUp();
    tab.thaw();
  }
  await browser.settle();
  for (const tab of browser.tabs) tab.use();
  await browser.pass(40_000);
  server.commit();
  await browser.settle();

  // A transport that opened for a frozen tab and was never used does not count.
  expect(server.open.filter(({ connects }) => connects.length > 0)).toHaveLength(1);
  const found = [...browser.tabs].map((tab) => {
    const from = since.get(tab) ?? Number((tab.kinds('session')[0] as { position: string }).position.split(':')[2]);
    const expected = Array.from({ length: server.head - from }, (_, index) => `event-${from + 1 + index}`);
    expect(tab.status, tab.id).toBe('connected');
    expect(tab.errors, tab.id).toEqual([]);
    // A tab that wakes and speaks has its replay, in which a younger one may hear of what was before it.
    const heard = tab.events.filter((id) => Number(id.split('-')[1]) > from);
    expect(heard, tab.id).toEqual(expected.filter((id) => heard.includes(id)));
    return { missed: expected.length - heard.length, gaps: tab.kinds('gap') as Gap[] };
  });
  const toasts = all.flatMap((tab) =>
    tab.heard
      .filter(({ kind, isForegroundTab }) => kind === 'event' && isForegroundTab === true)
      .map(({ value }) => (value as { event: { eventId: string } }).event.eventId),
  );
  expect(new Set(toasts).size).toBe(toasts.length);
  expect(toasts).toContain(`event-${server.head}`);
  return found;
}
