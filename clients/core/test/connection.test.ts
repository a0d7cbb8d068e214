import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createConnection,
  type Connection,
  type ConnectionOptions,
  type ReplayBatch,
  type Gap,
  type RefreshOutcome,
} from '../src/index.js';
import { FakeServer } from '../src/testing/fake-server.js';
import { jwt, rental, FakeEnvironment } from '../src/testing/fake-environment.js';
import { flush, pass } from './time.js';

let server: FakeServer;
let environment: FakeEnvironment;
let token: string | null;
let outcome: RefreshOutcome;
let refreshes: number;
const open: Connection[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 1, 4, 14, 0, 0) });
  server = new FakeServer();
  environment = new FakeEnvironment();
  token = jwt(Date.now() + 900_000);
  outcome = 'ok';
  refreshes = 0;
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.stop();
  vi.useRealTimers();
});

function connect(patch: Partial<ConnectionOptions> = {}): Connection {
  const connection = createConnection({
    token: () => token,
    refresh: () => {
      refreshes += 1;
      if (outcome === 'ok') token = jwt(Date.now() + 900_000, `renewed ${refreshes}`);
      return Promise.resolve(outcome);
    },
    environment: environment,
    createManager: server.createManager,
    ...patch,
  });
  open.push(connection);
  connection.start();
  return connection;
}

async function connected(patch: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = connect(patch);
  await flush();
  server.link.welcome();
  await flush();
  expect(connection.getSnapshot().status).toBe('connected');
  return connection;
}

/** welcomes answers every further CONNECT with a recovered session at the client's own place. */
function recoverAll(): void {
  server.onConnect = (link) => {
    link.welcome({
      recovered: true,
      position: typeof link.connect['offset'] === 'string' ? link.connect['offset'] : 'e1:m:10',
    });
  };
}

function record(connection: Connection): {
  events: string[];
  digests: ReplayBatch[];
  gaps: Gap[];
  reloads: string[];
  signedOut: string[];
} {
  const log = {
    events: [] as string[],
    digests: [] as ReplayBatch[],
    gaps: [] as Gap[],
    reloads: [] as string[],
    signedOut: [] as string[],
  };
  connection.on('event', ({ event }) => log.events.push(event.eventId));
  connection.on('replay', (digest) => log.digests.push(digest));
  connection.on('gap', ({ reason, missed }) => log.gaps.push({ reason, missed }));
  connection.on('reload', ({ reason }) => log.reloads.push(reason));
  connection.on('signedOut', ({ reason }) => log.signedOut.push(reason));
  return log;
}

describe('connecting', () => {
  it('passes the options of the contract and a bare token to the stock client', async () => {
    const connection = connect();
    expect(connection.getSnapshot()).toMatchObject({ status: 'reconnecting', reason: 'CONNECTING' });
    await flush();
    expect(server.lastOptions).toMatchObject({
      path: '/socket.io/',
      reconnectionDelay: 3000,
      reconnectionDelayMax: 30000,
      randomizationFactor: 0.1,
      timeout: 10000,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });
    expect(server.link.connect).toEqual({ token });
  });

  it('is connected when `session` has come, not before', async () => {
    const connection = connect();
    const log = record(connection);
    await flush();
    server.link.accept();
    await flush();
    expect(connection.getSnapshot().status).toBe('reconnecting');
    server.link.session();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ status: 'connected', reason: null, retryAt: null });
    expect(connection.getSnapshot().session?.tenantId).toBe('budapest');
    expect(log.reloads).toEqual(['first']);
    expect(log.gaps).toEqual([]);
  });

  it('starts once, stops once, and leaves the namespace', async () => {
    const connection = await connected();
    connection.start();
    expect(server.managers).toBe(1);
    connection.stop();
    connection.stop();
    await flush();
    expect(server.link.clientLeft).toBe(true);
    expect(server.open).toHaveLength(0);
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'STOPPED' });
    expect(environment.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('makes a new manager for every start, with no position of the one before', async () => {
    const connection = await connected();
    connection.stop();
    await flush();
    connection.start();
    await flush();
    expect(server.managers).toBe(2);
    expect(server.link.connect).toEqual({ token });
  });

  it('reports an unreadable session and stays unconnected', async () => {
    const connection = connect();
    await flush();
    server.link.accept();
    server.link.emit('session', { position: 1 });
    await flush();
    expect(environment.errors).toHaveLength(1);
    expect(connection.getSnapshot().status).toBe('reconnecting');
  });
});

describe('backoff', () => {
  it('waits 3, 6, 12, 24 s and then 30 s, never more', async () => {
    server.mode = 'refuse';
    const connection = connect();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      reason: 'NETWORK',
      retryAt: Date.now() + 3000,
    });
    await pass(3000 + 6000 + 12000 + 24000 + 30000 + 30000);
    const { dialTimes } = server;
    const waits = dialTimes.slice(1).map((time, index) => time - (dialTimes[index] ?? 0));
    expect(waits).toEqual([3000, 6000, 12000, 24000, 30000, 30000]);
  });

  it.each([
    [0, [2700, 5400, 10800, 21600, 30000]],
    [1, [3300, 6600, 13200, 26400, 30000]],
  ])('spreads each step by a tenth (chance %s)', async (chance, expected) => {
    environment.chance = chance;
    server.mode = 'refuse';
    connect();
    await flush();
    await pass(expected.reduce((sum, wait) => sum + wait, 0));
    const { dialTimes } = server;
    expect(dialTimes.slice(1).map((time, index) => time - (dialTimes[index] ?? 0))).toEqual(expected);
  });

  it('gives up a try that is not answered within 10 s', async () => {
    server.mode = 'hang';
    connect();
    await pass(10_000);
    expect(server.dials).toBe(1);
    await pass(3000);
    expect(server.dials).toBe(2);
  });

  it('tries the other transport first after one that was never answered', async () => {
    server.mode = 'hang';
    server.transports = ['websocket', 'polling'];
    connect();
    await pass(10_000 + 3000);
    expect(server.dialled).toEqual(['websocket', 'polling']);
  });

  it('lengthens when transports open and close without a session', async () => {
    connect();
    await flush();
    const waits: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const cutAt = Date.now();
      const before = server.dials;
      server.link.cut();
      await flush();
      while (server.dials === before) await pass(100);
      waits.push(Date.now() - cutAt);
    }
    expect(waits).toEqual([3000, 6000, 12000]);
  });

  it('lengthens after a connection of under 10 s and restarts after one of 10 s', async () => {
    const connection = await connected();
    recoverAll();
    const wait = (): number => (connection.getSnapshot().retryAt ?? 0) - Date.now();
    server.link.cut();
    await flush();
    expect(wait()).toBe(3000);
    await pass(3000);
    expect(connection.getSnapshot().status).toBe('connected');
    await pass(9000);
    server.link.cut();
    await flush();
    expect(wait()).toBe(6000);
    await pass(6000);
    await pass(10_000);
    server.link.cut();
    await flush();
    expect(wait()).toBe(3000);
  });

  it('sends pid and offset when it comes back', async () => {
    await connected();
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    server.link.cut();
    await pass(3000);
    expect(server.link.connect).toEqual({ token, pid: 'pid-1', offset: 'e1:m:11' });
  });

  it('notices a dead server by its missing heartbeat', async () => {
    const connection = await connected();
    server.link.silent = true;
    await pass(15_000);
    expect(connection.getSnapshot()).toMatchObject({ status: 'reconnecting', reason: 'NETWORK' });
  });
});

describe('reconnecting at once', () => {
  it('"Újra most" connects at once although the manager waits', async () => {
    server.mode = 'refuse';
    const connection = connect();
    await pass(3000 + 6000);
    expect(server.dials).toBe(3);
    server.mode = 'accept';
    recoverAll();
    connection.retryNow();
    await flush();
    expect(server.dials).toBe(4);
    expect(connection.getSnapshot().status).toBe('connected');
    await pass(60_000 - 55_000);
    expect(server.dials).toBe(4);
  });

  it('does not lengthen the backoff when a manual try fails', async () => {
    server.mode = 'refuse';
    const connection = connect();
    await flush();
    for (let press = 0; press < 5; press += 1) {
      connection.retryNow();
      await flush();
    }
    expect(server.dials).toBe(6);
    expect((connection.getSnapshot().retryAt ?? 0) - Date.now()).toBe(3000);
    await pass(3000);
    expect((connection.getSnapshot().retryAt ?? 0) - Date.now()).toBe(6000);
  });

  it('connects at once when the browser comes online, and once only', async () => {
    const connection = await connected();
    recoverAll();
    server.mode = 'refuse';
    server.link.cut();
    environment.goOffline();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'OFFLINE', retryAt: null });
    await pass(20_000);
    expect(connection.getSnapshot().status).toBe('disconnected');
    server.mode = 'accept';
    const before = server.dials;
    environment.goOnline();
    environment.show();
    await flush();
    expect(server.dials).toBe(before + 1);
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('does not abort a try of under 1 s when the tab becomes visible', async () => {
    server.mode = 'hang';
    connect();
    await pass(500);
    environment.show();
    await flush();
    expect(server.dials).toBe(1);
    await pass(1000);
    environment.show();
    await flush();
    expect(server.dials).toBe(2);
  });

  it('probes a connection that looks open', async () => {
    const connection = await connected();
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
    };
    environment.show();
    await pass(2500);
    expect(server.link.messages('clock').length).toBeGreaterThan(0);
    expect(server.dials).toBe(1);
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('redials after 2 s without an answer to the probe', async () => {
    const connection = await connected();
    server.link.silent = true;
    recoverAll();
    environment.show();
    await pass(1999);
    expect(server.dials).toBe(1);
    await pass(1);
    expect(server.dials).toBe(2);
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('redials at once when the heartbeat ran out during the sleep', async () => {
    const connection = await connected();
    recoverAll();
    // The clock went on, the timers did not: that is what a woken laptop sees.
    vi.setSystemTime(Date.now() + 3_600_000);
    token = jwt(Date.now() + 900_000);
    environment.show();
    await flush();
    expect(server.dials).toBe(2);
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('detects sleep of a visible page by its timers', async () => {
    const connection = await connected();
    recoverAll();
    await pass(14_000);
    server.link.ping();
    await flush();
    vi.setSystemTime(Date.now() + 3_600_000);
    token = jwt(Date.now() + 900_000);
    await pass(1001);
    expect(server.dials).toBe(2);
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('keeps a connection to this machine although the browser says offline', async () => {
    const connection = await connected();
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
    };
    environment.goOffline();
    await flush();
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('reconnects once when the transport closes during a probe', async () => {
    const connection = await connected();
    recoverAll();
    environment.show();
    await flush();
    server.link.cut(); // the probe is answered by a closed transport
    await flush();
    expect(server.dials).toBe(2);
    expect(connection.getSnapshot().status).toBe('connected');
    await pass(10_000);
    server.link.cut();
    await pass(3000);
    expect(server.dials).toBe(3);
    expect(connection.getSnapshot().status).toBe('connected');
  });
});

describe('tokens', () => {
  it('renews a stale token before CONNECT', async () => {
    token = jwt(Date.now() - 1000);
    connect();
    await flush();
    expect(refreshes).toBe(1);
    expect(server.link.connects).toEqual([{ token }]);
  });

  it('signs out when the renewal is refused', async () => {
    token = null;
    outcome = 'refused';
    const connection = connect();
    const log = record(connection);
    await flush();
    expect(log.signedOut).toEqual(['SIGNED_OUT']);
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'SIGNED_OUT' });
    await pass(120_000);
    expect(server.dials).toBe(1);
    expect(server.link.connects).toEqual([]);
  });

  it('keeps backing off when the renewal is unreachable', async () => {
    token = null;
    outcome = 'unreachable';
    const connection = connect();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      reason: 'NETWORK',
      retryAt: Date.now() + 3000,
    });
    await pass(3000);
    expect((connection.getSnapshot().retryAt ?? 0) - Date.now()).toBe(6000);
    outcome = 'ok';
    await pass(6000);
    server.link.welcome();
    await flush();
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('counts a renewal that throws or hangs as unreachable', async () => {
    token = null;
    let hang = false;
    const connection = connect({
      refresh: () => (hang ? new Promise<RefreshOutcome>(() => undefined) : Promise.reject(new Error('down'))),
    });
    await flush();
    expect(connection.getSnapshot().reason).toBe('NETWORK');
    hang = true;
    await pass(3000);
    expect(server.open).toHaveLength(1);
    await pass(10_000);
    expect(server.open).toHaveLength(0);
    expect(connection.getSnapshot().status).toBe('reconnecting');
  });

  it('sends one CONNECT per transport when an old renewal answers late', async () => {
    token = null;
    const answers: ((outcome: RefreshOutcome) => void)[] = [];
    connect({ refresh: () => new Promise((resolve) => answers.push(resolve)) });
    await flush();
    server.link.cut();
    await pass(3000);
    expect(server.dials).toBe(2);
    token = jwt(Date.now() + 900_000);
    for (const answer of answers) answer('ok');
    await flush();
    expect(server.links.map((link) => link.connects.length)).toEqual([0, 1]);
  });

  it('without refresh sends the token it has', async () => {
    token = jwt(Date.now() - 1000);
    connect({ refresh: undefined });
    await flush();
    expect(server.link.connect).toEqual({ token });
  });

  it('renews over the open socket a minute before the end', async () => {
    const first = token;
    const connection = await connected();
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'refresh') ack?.({ ok: true, tokenExpiresAt: new Date(Date.now() + 900_000).toISOString() });
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
    };
    const beat = setInterval(() => server.link.ping(), 10_000);
    await pass(839_000);
    expect(refreshes).toBe(0);
    await pass(2000);
    expect(refreshes).toBe(1);
    expect(token).not.toBe(first);
    expect(server.link.messages('refresh')).toEqual([[{ token }]]);
    await pass(842_000);
    expect(server.link.messages('refresh')).toHaveLength(2);
    expect(server.dials).toBe(1);
    expect(connection.getSnapshot().status).toBe('connected');
    clearInterval(beat);
  });

  it.each([
    ['refused by the page', 'refused' as const, {}, 'SIGNED_OUT', 'SIGNED_OUT'],
    ['another user by the server', 'ok' as const, { ok: false, error: { code: 'FORBIDDEN' } }, 'FORBIDDEN', undefined],
  ])('ends when the renewal is %s', async (_name, renewal, answer, reason, signedOut) => {
    outcome = renewal;
    const connection = connect();
    const log = record(connection);
    await flush();
    server.link.welcome({ tokenExpiresAt: new Date(Date.now() + 100_000).toISOString() });
    token = jwt(Date.now() + 80_000);
    server.onMessage = (_link, name, _args, ack) => {
      ack?.(name === 'refresh' ? answer : { serverTime: new Date().toISOString() });
    };
    const beat = setInterval(() => server.link.ping(), 10_000);
    await pass(55_000);
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason });
    expect(log.signedOut[0]).toBe(signedOut);
    expect(server.open).toHaveLength(0);
    clearInterval(beat);
  });

  it('renews a token without an expiry, with a pause between requests', async () => {
    token = 'opaque';
    await connected({
      refresh: () => {
        refreshes += 1;
        token = `opaque ${refreshes}`;
        return Promise.resolve('ok');
      },
    });
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'refresh') ack?.({ ok: true, tokenExpiresAt: new Date(Date.now() - 1000).toISOString() });
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
    };
    const beat = setInterval(() => server.link.ping(), 10_000);
    await pass(840_500);
    expect(refreshes).toBe(1);
    expect(server.link.messages('refresh')).toEqual([[{ token: 'opaque 1' }]]);
    await pass(10_000);
    expect(server.link.messages('refresh').length).toBeLessThanOrEqual(11);
    clearInterval(beat);
  });

  it('without refresh presents a newer token when there is one, and leaves expiry to the server', async () => {
    const connection = await connected({ refresh: undefined });
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'refresh') ack?.({ ok: true, tokenExpiresAt: new Date(Date.now() + 900_000).toISOString() });
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
    };
    const beat = setInterval(() => server.link.ping(), 10_000);
    await pass(870_000);
    expect(connection.getSnapshot().status).toBe('connected');
    expect(server.link.messages('refresh')).toEqual([]);
    token = jwt(Date.now() + 900_000, 'newer');
    await pass(16_000);
    expect(server.link.messages('refresh')).toEqual([[{ token }]]);
    clearInterval(beat);
  });

  it('asks again when the renewal over the socket was not answered', async () => {
    await connected();
    let asked = 0;
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
      if (name !== 'refresh') return;
      asked += 1;
      if (asked > 1)
        ack?.({
          ok: asked > 2,
          error: { code: 'UNAVAILABLE' },
          tokenExpiresAt: new Date(Date.now() + 900_000).toISOString(),
        });
    };
    const beat = setInterval(() => server.link.ping(), 10_000);
    await pass(841_000 + 10_000 + 15_000 + 15_000);
    expect(asked).toBe(3);
    expect(refreshes).toBe(1);
    clearInterval(beat);
  });
});

describe('refusals', () => {
  it('retries after TENANT_CONNECTION_LIMIT when the server says, and reports the limit', async () => {
    const connection = connect();
    await flush();
    server.link.refuse('TENANT_CONNECTION_LIMIT', { limit: 50, retryAfterMs: 8000 });
    await flush();
    expect(connection.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      reason: 'TENANT_CONNECTION_LIMIT',
      limit: 50,
      retryAt: Date.now() + 8000,
    });
    await pass(7999);
    expect(server.dials).toBe(1);
    await pass(1);
    expect(server.dials).toBe(2);
    server.link.refuse('TENANT_CONNECTION_LIMIT', { limit: 50, retryAfterMs: 1000 });
    await flush();
    expect(connection.getSnapshot().retryAt).toBe(Date.now() + 6000);
    await pass(6000);
    server.link.welcome();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ status: 'connected', limit: null });
  });

  it('renews once after TOKEN_EXPIRED', async () => {
    const connection = connect();
    await flush();
    server.link.refuse('TOKEN_EXPIRED');
    await flush();
    expect(refreshes).toBe(1);
    expect(server.dials).toBe(2);
    expect(server.link.connect).toEqual({ token });
    server.link.welcome();
    await flush();
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it('renews once only', async () => {
    const connection = connect();
    await flush();
    server.link.refuse('TOKEN_EXPIRED');
    await flush();
    server.link.refuse('TOKEN_EXPIRED');
    await pass(120_000);
    expect(refreshes).toBe(1);
    expect(server.dials).toBe(2);
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'TOKEN_EXPIRED' });
  });

  it.each(['UNAUTHENTICATED', 'FORBIDDEN'])('does not retry after %s until a person asks', async (code) => {
    const connection = connect();
    await flush();
    server.link.refuse(code);
    await pass(120_000);
    environment.goOnline();
    environment.show();
    await flush();
    expect(server.dials).toBe(1);
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: code, retryAt: null });
    connection.retryNow();
    await flush();
    expect(server.dials).toBe(2);
  });

  it('backs off after an unknown code, and after a refusal without a code', async () => {
    const connection = connect();
    await flush();
    server.link.refuse('LUNCH_BREAK', { retryAfterMs: 20_000 });
    await flush();
    expect(connection.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      reason: 'LUNCH_BREAK',
      retryAt: Date.now() + 20_000,
    });
    await pass(20_000);
    server.link.refuseWithoutCode('Invalid namespace');
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ status: 'reconnecting', retryAt: Date.now() + 6000 });
    await pass(6000);
    expect(server.dials).toBe(3);
  });
});

describe('a refused origin', () => {
  const answers = (status: number) => vi.fn<typeof fetch>(() => Promise.resolve(new Response(null, { status })));

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('is found out over HTTP after two failed tries, and ends them until a person asks', async () => {
    const fetch = answers(403);
    vi.stubGlobal('fetch', fetch);
    server.mode = 'refuse';
    const connection = connect({ url: 'https://harang.test', path: '/live/' });
    await flush();
    expect(fetch).not.toHaveBeenCalled();
    await pass(3000);
    expect(fetch).toHaveBeenCalledExactlyOnceWith('https://harang.test/live/?EIO=4&transport=polling', {
      method: 'POST',
      credentials: 'omit',
    });
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: 'ORIGIN_REFUSED', retryAt: null });
    await pass(120_000);
    expect(server.dials).toBe(2);
    server.mode = 'accept';
    connection.retryNow();
    await flush();
    server.link.welcome();
    await flush();
    expect(connection.getSnapshot().status).toBe('connected');
  });

  it.each([400, 502])('any other answer (%s) leaves the backoff alone', async (status) => {
    vi.stubGlobal('fetch', answers(status));
    server.mode = 'refuse';
    const connection = connect();
    await pass(3000 + 6000);
    expect(connection.getSnapshot()).toMatchObject({ status: 'reconnecting', reason: 'NETWORK' });
    expect(server.dials).toBe(3);
  });
});

it('a url without a scheme is refused at once, with the cure', () => {
  for (const url of ['localhost:8080', '127.0.0.1:8080', 'harang.example.com'])
    expect(() => connect({ url })).toThrow(`harang: url "${url}" must begin with http:// or https://`);
  for (const url of ['http://localhost:8080', 'https://harang.example.com/', 'wss://harang.example.com', '/', ''])
    connect({ url });
});

it('path, namespace and debug are options', async () => {
  const debug = vi.fn();
  connect({ path: '/live/', namespace: '/shop', debug });
  await flush();
  expect(server.lastOptions).toMatchObject({ path: '/live/' });
  expect(server.namespaces).toEqual(['/shop']);
  expect(debug).toHaveBeenCalledWith(
    'stopped -> connecting',
    expect.objectContaining({ event: { type: 'start', resume: null } }),
  );
});

describe('goodbye', () => {
  it('CLOSED_BY_ADMIN does not reconnect and does not sign out, until a person asks', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('goodbye', { code: 'CLOSED_BY_ADMIN', reconnect: false, retryAfterMs: null });
    server.link.cut();
    await pass(60_000);
    environment.goOnline();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({
      status: 'disconnected',
      reason: 'CLOSED_BY_ADMIN',
      retryAt: null,
    });
    expect(log.signedOut).toEqual([]);
    expect(server.dials).toBe(1);
    connection.retryNow();
    await flush();
    expect(server.dials).toBe(2);
  });

  it.each(['LOGGED_OUT', 'USER_DISABLED'])('%s signs out', async (code) => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('goodbye', { code, reconnect: false, retryAfterMs: 0 });
    server.link.disconnect();
    await pass(60_000);
    expect(log.signedOut).toEqual([code]);
    expect(connection.getSnapshot()).toMatchObject({ status: 'disconnected', reason: code });
    expect(server.dials).toBe(1);
  });

  it('signs out when the transport closes before the disconnect arrives', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('goodbye', { code: 'LOGGED_OUT', reconnect: false });
    server.link.cut();
    await pass(60_000);
    expect(log.signedOut).toEqual(['LOGGED_OUT']);
    expect(server.dials).toBe(1);
    expect(connection.getSnapshot().reason).toBe('LOGGED_OUT');
  });

  it('sets the next wait', async () => {
    const connection = await connected();
    server.link.emit('goodbye', { code: 'SERVER_DRAINING', reconnect: true, retryAfterMs: 700 });
    server.link.cut();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      reason: 'SERVER_DRAINING',
      retryAt: Date.now() + 700,
    });
    await pass(700);
    expect(server.dials).toBe(2);
  });

  it('may set a wait of 0', async () => {
    await connected();
    server.link.emit('goodbye', { code: 'ROLE_CHANGED', reconnect: true, retryAfterMs: 0 });
    server.link.cut();
    await flush();
    expect(server.dials).toBe(2);
    expect(refreshes).toBe(1);
  });

  it("TOKEN_EXPIRED renews the token although it has not expired by this device's clock", async () => {
    await connected();
    server.link.emit('goodbye', { code: 'TOKEN_EXPIRED', reconnect: true, retryAfterMs: 100 });
    server.link.cut();
    await pass(100);
    expect(refreshes).toBe(1);
    expect(server.link.connect['token']).toBe(token);
  });

  it('is ignored before `session`', async () => {
    const connection = connect();
    await flush();
    server.link.accept();
    server.link.emit('goodbye', { code: 'LOGGED_OUT', reconnect: false });
    server.link.cut();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ status: 'reconnecting', reason: 'NETWORK' });
  });

  it('a disconnect without goodbye backs off', async () => {
    const connection = await connected();
    server.link.disconnect();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ status: 'reconnecting', retryAt: Date.now() + 3000 });
    await pass(3000);
    expect(server.dials).toBe(2);
  });
});

describe('events', () => {
  it('delivers each once, by eventId and timestamp', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    server.link.emit('rental_created', rental(12), 'e1:m:12');
    await flush();
    expect(log.events).toEqual(['event-11', 'event-12']);
    expect(connection.getSnapshot().lastDeliveryAt).toBe(Date.now());
  });

  it('survives a listener that throws, without seeing the event again', async () => {
    const connection = await connected();
    connection.on('event', () => {
      throw new Error('broken widget');
    });
    const log = record(connection);
    recoverAll();
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    expect(log.events).toEqual(['event-11']);
    expect(environment.errors).toHaveLength(1);
    server.link.cut();
    await pass(3000);
    expect(server.link.connect['offset']).toBe('e1:m:11');
  });

  it('passes on an event of an unknown type', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('door_opened', { ...rental(11), type: 'door_opened' }, 'e1:m:11');
    await flush();
    expect(log.events).toEqual(['event-11']);
  });

  it('reports a hole in the numbers and asks for a reload', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    server.link.emit('rental_created', rental(14), 'e1:m:14');
    server.link.emit('rental_created', rental(15), 'e2:m:1');
    await flush();
    expect(log.events).toEqual(['event-11', 'event-14', 'event-15']);
    expect(log.gaps).toEqual([
      { reason: 'hole', missed: 2 },
      { reason: 'epoch', missed: null },
    ]);
    expect(log.reloads).toEqual(['hole', 'epoch']);
  });

  it("measures a delivery by the server's clock", async () => {
    const connection = await connected();
    const ahead = 3_600_000; // the server's clock is an hour ahead of this device's
    server.onMessage = (_link, name, _args, ack) => {
      if (name === 'clock') ack?.({ serverTime: new Date(Date.now() + ahead).toISOString() });
    };
    await pass(4000);
    const written = new Date(Date.now() + ahead - 8).toISOString();
    server.link.emit('rental_created', { ...rental(11), timestamp: written }, 'e1:m:11');
    await flush();
    expect(connection.getSnapshot().lastDeliveryMs).toBe(8);
  });

  it('a test alert is not a feed event: the offset stays', async () => {
    const connection = await connected();
    const got: unknown[] = [];
    const seen = record(connection);
    connection.on('testAlert', (value) => got.push(value));
    const alert = {
      id: 'alert-1',
      at: '2026-02-04T14:00:00.000Z',
      sentAt: '2026-02-04T14:00:00.001Z',
      by: { id: 'u1', name: 'Anna' },
    };
    server.link.emit('test_alert', alert);
    server.link.emit('test_alert', {});
    server.link.emit('test_alert', null);
    await flush();
    expect(got).toEqual([{ ...alert, isForegroundTab: true }]);
    expect(seen.events).toEqual([]);
    server.link.cut();
    await pass(3300);
    expect(server.link.connect['offset']).toBe('e1:m:10');
  });

  it('a new login is not a feed event, and one without a time is none', async () => {
    const connection = await connected();
    const got: unknown[] = [];
    const seen = record(connection);
    connection.on('newLogin', (value) => got.push(value));
    const login = { device: 'Firefox, Linux', at: '2026-02-04T14:00:00.000Z' };
    server.link.emit('new_login', login);
    server.link.emit('new_login', { device: 'Firefox, Linux' });
    server.link.emit('new_login', null);
    await flush();
    expect(got).toEqual([{ ...login, isForegroundTab: true }]);
    expect(seen.events).toEqual([]);
  });

  it('reports connectedAt, transport and clock comparison', async () => {
    server.onMessage = (_, name, __, ack) => {
      if (name === 'clock')
        setTimeout(() => ack?.({ serverTime: new Date(Date.now() + 70_000 - 20).toISOString() }), 40);
    };
    const connection = await connected();
    const { connectedAt, transport, clock } = connection.getSnapshot();
    expect({ connectedAt, transport, clock }).toEqual({ connectedAt: Date.now(), transport: 'memory', clock: null });
    connection.retryNow();
    await pass(40);
    expect(connection.getSnapshot().clock).toEqual({ offsetMs: 70_000, roundTripMs: 40, at: Date.now() });
    server.link.cut();
    await flush();
    expect(connection.getSnapshot()).toMatchObject({ connectedAt: null, transport: null });
  });

  it('passes on notifications and claims, and drops malformed ones', async () => {
    const connection = await connected();
    const got: unknown[] = [];
    connection.on('notifications', (value) => got.push(value));
    connection.on('claim', (value) => got.push(value));
    server.link.emit('notifications', { unreadCount: 3, head: 'e1:m:12', version: 7 });
    server.link.emit('notifications', { unreadCount: 'many' });
    server.link.emit('claim', { eventId: 'event-11', by: { id: 'u1', name: 'Anna' }, at: '2026-02-04T14:00:00.000Z' });
    server.link.emit('claim', { eventId: 'event-11', by: null, at: null });
    server.link.emit('claim', {});
    await flush();
    expect(got).toEqual([
      { unreadCount: 3, head: 'e1:m:12', version: 7 },
      { eventId: 'event-11', by: { id: 'u1', name: 'Anna' }, at: '2026-02-04T14:00:00.000Z' },
      { eventId: 'event-11', by: null, at: null },
    ]);
  });

  it('changes the snapshot only when something changed', async () => {
    const connection = await connected();
    let changes = 0;
    const stop = connection.subscribe(() => (changes += 1));
    const before = connection.getSnapshot();
    server.link.emit('notifications', { unreadCount: 3, head: 'e1:m:12', version: 7 });
    await flush();
    expect(connection.getSnapshot()).toBe(before);
    expect(changes).toBe(0);
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    expect(changes).toBe(1);
    stop();
    server.link.cut();
    await flush();
    expect(changes).toBe(1);
  });
});

describe('replay', () => {
  it('collects the replay into one batch and no single event', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    server.link.cut();
    await pass(3000);
    server.link.welcome({ recovered: true, replayed: 3, position: 'e1:m:11', head: 'e1:m:14' });
    for (const number of [12, 13, 14, 15]) server.link.emit('rental_created', rental(number), `e1:m:${number}`);
    await flush();
    expect(log.digests).toHaveLength(1);
    expect(log.digests[0]?.deliveries.map(({ event }) => event.eventId)).toEqual(['event-12', 'event-13', 'event-14']);
    expect(log.digests[0]).toMatchObject({ from: rental(12).timestamp, to: rental(14).timestamp, gap: null });
    expect(log.events).toEqual(['event-11', 'event-15']);
    expect(log.gaps).toEqual([]);
    expect(log.reloads).toEqual([]);
  });

  it('reports what the server could not replay, and reloads', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.cut();
    await pass(3000);
    server.link.welcome(
      { recovered: false, replayed: 2, position: 'e1:m:20', head: 'e1:m:22', gap: { reason: 'overflow', missed: 10 } },
      'pid-2',
    );
    server.link.emit('rental_created', rental(21), 'e1:m:21');
    server.link.emit('rental_created', rental(22), 'e1:m:22');
    await flush();
    expect(log.gaps).toEqual([{ reason: 'overflow', missed: 10 }]);
    expect(log.reloads).toEqual(['overflow']);
    expect(log.digests.map(({ deliveries, gap }) => [deliveries.length, gap?.missed])).toEqual([[2, 10]]);
  });

  it('makes one batch of a replay that was cut in the middle', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.cut();
    await pass(3000);
    server.link.welcome({ recovered: true, replayed: 3, position: 'e1:m:10', head: 'e1:m:13' });
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    server.link.cut();
    await pass(6000);
    expect(server.link.connect['offset']).toBe('e1:m:11');
    server.link.welcome({ recovered: true, replayed: 2, position: 'e1:m:11', head: 'e1:m:13' });
    server.link.emit('rental_created', rental(12), 'e1:m:12');
    server.link.emit('rental_created', rental(13), 'e1:m:13');
    await flush();
    expect(log.digests.map(({ deliveries }) => deliveries.length)).toEqual([3]);
    expect(log.events).toEqual([]);
  });

  it('delivers a partial replay when the connection is stopped', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.cut();
    await pass(3000);
    server.link.welcome({ recovered: true, replayed: 3, position: 'e1:m:10', head: 'e1:m:13' });
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    connection.stop();
    expect(log.digests.map(({ deliveries }) => deliveries.length)).toEqual([1]);
  });

  it('counts repeats of a replay but does not deliver them', async () => {
    const connection = await connected();
    const log = record(connection);
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    await flush();
    server.link.cut();
    await pass(3000);
    server.link.welcome({ recovered: true, replayed: 1, position: 'e1:m:10', head: 'e1:m:11' });
    server.link.emit('rental_created', rental(11), 'e1:m:11');
    server.link.emit('rental_created', rental(12), 'e1:m:12');
    await flush();
    expect(log.digests).toEqual([]);
    expect(log.events).toEqual(['event-11', 'event-12']);
  });
});

describe('seen', () => {
  it('sends ids in batches, each once', async () => {
    const connection = await connected();
    server.onMessage = (_link, name, _args, ack) => {
      ack?.(name === 'seen' ? { ok: true } : { serverTime: new Date().toISOString() });
    };
    connection.markSeen(['a', 'b']);
    connection.markSeen(['b', 'c']);
    await pass(500);
    expect(server.link.messages('seen')).toEqual([[{ eventIds: ['a', 'b', 'c'] }]]);
    connection.markSeen(['a']);
    await pass(500);
    expect(server.link.messages('seen')).toHaveLength(1);
  });

  it('keeps unsent ids until the connection is back', async () => {
    const connection = await connected();
    recoverAll();
    server.link.cut();
    await flush();
    connection.markSeen(Array.from({ length: 150 }, (_, index) => `id-${index}`));
    await pass(3000);
    const batches = server.link
      .messages('seen')
      .map(([message]) => (message as { eventIds: string[] }).eventIds.length);
    expect(batches).toEqual([100, 50]);
  });
});
