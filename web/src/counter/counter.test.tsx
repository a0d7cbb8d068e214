import type { Connection, ConnectionEvents, ConnectionSnapshot, createConnection } from '@harang/client';
import { act, cleanup, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import golden from '../../../contract/http/counter.json';
import { formatTime } from '../shared/format';
import { Session } from '../shared/session';
import { FakeServer, json, problem } from '../test/fake-server';
import { accessibilityProblems } from '../test/render-page';
import { accessOf, displayAccess } from './access';
import { CounterScreen } from './counter-screen';
import { createFeed } from './feed';
import { en } from './i18n/en';
import { hu } from './i18n/hu';
import { languageOf } from './texts';

const link = '#d=hd_secret';

/** The connection of the screen, in the hands of the test. */
const line = vi.hoisted(() => ({
  starts: 0,
  retries: 0,
  status: 'connected',
  listeners: new Map<string, ((value: never) => void)[]>(),
}));

vi.mock('@harang/client', () => ({
  createConnection: ((): Connection => ({
    start: () => {
      line.starts += 1;
    },
    stop: () => undefined,
    retryNow: () => {
      line.retries += 1;
    },
    on: (name, listener) => {
      line.listeners.set(name, [...(line.listeners.get(name) ?? []), listener]);
      return () => undefined;
    },
    markSeen: () => undefined,
    getSnapshot: () => ({ status: line.status, clock: null }) as ConnectionSnapshot,
    subscribe: (listener) => {
      line.listeners.set('change', [listener]);
      return () => undefined;
    },
  })) satisfies typeof createConnection,
}));

function emit(name: keyof ConnectionEvents | 'change', value: object = {}): void {
  for (const listener of line.listeners.get(name) ?? []) listener(value as never);
}

let server: FakeServer;

function grant(screenId: string): Response {
  return json({ accessToken: `t-${screenId}`, expiresIn: 600, screen: screenId, user: { id: 'display:1' } });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  vi.setSystemTime('2026-03-02T14:00:00Z');
  sessionStorage.clear();
  line.starts = line.retries = 0;
  line.status = 'connected';
  line.listeners.clear();
  server = new FakeServer();
  server.on('POST /auth/display', () => grant('s1')).on('GET /counter', golden.answer);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const settle = (ms = 0) => act(() => vi.advanceTimersByTimeAsync(ms));

async function show(hash = link) {
  const access = accessOf(hash, new Session());
  const shown = render(<CounterScreen access={access} language="hu" />);
  await settle();
  act(() => emit('change'));
  return shown;
}

it('shows what is short and what comes back, without a name', async () => {
  const { container } = await show();
  const board = screen.getByTestId('counter');
  expect(within(board).getByRole('heading', { level: 1 })).toHaveTextContent('Váci út');
  const alert = within(board).getByTestId('counter-alert');
  expect(alert).toHaveTextContent('KritikusMakita HR2470 fúrókalapács');
  expect(alert).toHaveTextContent('2 db');
  expect(within(board).getByTestId('counter-return')).toHaveTextContent('17:001 db Makita HR2470 fúrókalapácsA. É. K.');
  expect(screen.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  expect(within(board).queryByRole('button')).toBeNull();
  expect(server.seen('GET /counter')[0]?.headers.get('Authorization')).toBe('Bearer t-s1');
  vi.useRealTimers(); // axe waits
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('asks again after an event, and from time to time', async () => {
  await show();
  expect(server.seen('GET /counter')).toHaveLength(1);
  await settle(1000);
  for (const name of ['event', 'replay', 'claim'] as const) act(() => emit(name));
  await settle();
  expect(server.seen('GET /counter')).toHaveLength(2);
  await settle(1000); // those that came meanwhile, in one question
  expect(server.seen('GET /counter')).toHaveLength(3);
  await settle(30_000);
  expect(server.seen('GET /counter').length).toBeGreaterThan(3);
});

it('says of which time it is while the server is away, and goes on by itself', async () => {
  await show();
  server.on('GET /counter', () => problem(503, 'UNAVAILABLE'));
  line.status = 'disconnected';
  act(() => emit('change'));
  await settle(31_000);
  expect(screen.getByTestId('connection-status')).toHaveTextContent(
    `Nincs kapcsolat${formatTime(golden.answer.time, 'hu')}-i állapot`,
  );
  expect(line.retries).toBeGreaterThan(0);
  server.on('GET /counter', golden.answer);
  line.status = 'connected';
  act(() => emit('change'));
  await settle(31_000);
  expect(screen.getByTestId('connection-status')).toHaveTextContent(/^Élő$/);
});

it('says that it was opened elsewhere, takes nothing back by itself, and all of it by a button', async () => {
  await show();
  server.on('POST /auth/display', () => problem(409, 'DISPLAY_TAKEN_OVER'));
  act(() => emit('signedOut', { reason: 'LOGGED_OUT' }));
  await settle();
  expect(screen.getByTestId('counter-message')).toHaveTextContent('Ez a kijelző máshol nyílt meg');
  const asked = server.requests.length;
  await settle(600_000);
  expect(server.requests).toHaveLength(asked);
  server.on('POST /auth/display', () => grant('s2'));
  act(() => screen.getByRole('button', { name: 'Visszaveszem ide' }).click());
  await settle();
  expect(screen.getByTestId('counter')).toBeInTheDocument();
  expect(server.seen('POST /auth/display').at(-1)?.body).toEqual({ secret: 'hd_secret' });
});

it.each([
  [401, 'DISPLAY_REVOKED', 'Ezt a kijelzőt visszavonták'],
  [401, 'INVALID_CREDENTIALS', 'Ez a hivatkozás nem nyit meg kijelzőt'],
])('stops asking after %d %s', async (status, code, text) => {
  await show();
  server.on('POST /auth/display', () => problem(status, code));
  server.on('GET /counter', () => problem(401, 'UNAUTHENTICATED'));
  act(() => emit('event'));
  await settle(2000);
  expect(screen.getByTestId('counter-message')).toHaveTextContent(text);
  const asked = server.requests.length;
  await settle(600_000);
  expect(server.requests).toHaveLength(asked);
});

it('opens its display when the server comes back', async () => {
  server.on('POST /auth/display', () => problem(503, 'UNAVAILABLE'));
  await show();
  expect(screen.getByTestId('counter-message')).toHaveTextContent('A kijelző magától folytatja.');
  server.on('POST /auth/display', () => grant('s1'));
  await settle(5000);
  expect(screen.getByTestId('counter')).toBeInTheDocument();
});

it('goes on with its screen after a reload', async () => {
  await displayAccess('hd_secret').refresh();
  await displayAccess('hd_secret').refresh();
  await displayAccess('hd_another').refresh();
  expect(server.seen('POST /auth/display').map(({ body }) => body)).toEqual([
    { secret: 'hd_secret' },
    { secret: 'hd_secret', screen: 's1' },
    { secret: 'hd_another' },
  ]);
});

it('says how to get a link to whoever has none and is not signed in, and shows it to whoever is', async () => {
  server.on('GET /auth/session', { held: false });
  await show('');
  expect(screen.getByTestId('counter-message')).toHaveTextContent('Ehhez az oldalhoz kijelző kell');
  expect(screen.getByRole('link', { name: 'Belépés' })).toHaveAttribute('href', '/login?redirect=%2Fcounter');
  cleanup();
  server
    .on('GET /auth/session', { held: true })
    .on('POST /auth/refresh', { accessToken: 'person', expiresIn: 600, user: { id: 'u', name: 'Judit' } });
  await show('');
  expect(screen.getByTestId('counter')).toBeInTheDocument();
  expect(server.seen('GET /counter').at(-1)?.headers.get('Authorization')).toBe('Bearer person');
});

it('renews a token that has ended', async () => {
  const access = displayAccess('hd_secret');
  await access.refresh();
  server.on('GET /counter', ({ headers }) =>
    headers.get('Authorization') === 'Bearer t-s2' ? json(golden.answer) : problem(401, 'TOKEN_EXPIRED'),
  );
  server.on('POST /auth/display', () => grant('s2'));
  const feed = createFeed(access);
  feed.start();
  await settle();
  expect(feed.state()).toMatchObject({ failing: false, counter: { alertCount: 1 } });
  feed.stop();
});

it('has the same texts in both languages, none of them empty', () => {
  expect(Object.keys(en)).toEqual(Object.keys(hu));
  const names = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]);
  for (const [key, text] of Object.entries(hu)) {
    expect(names(en[key as keyof typeof en]), key).toEqual(names(text));
    for (const each of [text, en[key as keyof typeof en]]) {
      expect(each, key).not.toBe('');
      expect(each, key).not.toContain('!');
    }
  }
  expect([languageOf(''), languageOf('#d=x&lang=en'), languageOf('#d=x&lang=hu')]).toEqual(['hu', 'en', 'hu']);
});
