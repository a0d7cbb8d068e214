import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  initialState,
  transition,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  type Connecting,
  type Open,
  type Refused,
  type Waiting,
} from '../src/connection-machine.js';
import type { Goodbye, Refusal, SessionInfo } from '../src/server-messages.js';

const now = 100_000;
/** 0.5 puts every wait exactly on its step. */
const moment = { now, chance: 0.5 };
const session = { connectionId: 'c1' } as SessionInfo;

const progress = { attempts: 0, pollingFirst: false, tokenRenewed: false };
const after = (attempts: number) => ({ progress: { ...progress, attempts } });
const because = (reason: string, limit: number | null = null) => ({ cause: { reason, limit } });
const connecting: Connecting = {
  progress,
  ...because('NETWORK'),
  phase: 'connecting',
  since: now - 5000,
  manual: false,
  transportOpen: false,
};
const waiting: Waiting = { ...after(1), ...because('NETWORK'), phase: 'waiting', retryAt: now + 3000 };
const open: Open = { progress, phase: 'open', since: now - 5000, probing: false, goodbye: null };
const refused: Refused = { progress, ...because('FORBIDDEN'), phase: 'refused' };

const refusal = (code: string, more: Partial<Refusal> = {}): ConnectionEvent => ({
  type: 'connectError',
  refusal: { code, retryAfterMs: null, limit: null, ...more },
});
const goodbye = (code: string, more: Partial<Goodbye> = {}): Goodbye => ({
  code,
  reconnect: true,
  retryAfterMs: null,
  ...more,
});
const closed: ConnectionEvent = { type: 'transportClosed', active: true };

const names = (effects: readonly ConnectionEffect[]): string[] =>
  effects.map((effect) => {
    if ('ms' in effect) return `${effect.type} ${effect.ms}`;
    if ('deferred' in effect && effect.deferred) return `${effect.type} deferred`;
    return effect.type;
  });

interface Row {
  readonly name: string;
  readonly from: ConnectionState;
  readonly event: ConnectionEvent;
  readonly to: Partial<ConnectionState>;
  readonly effects: string[];
}

const reconnects = ['reconnect'];

const rows: Row[] = [
  {
    name: 'start connects',
    from: initialState,
    event: { type: 'start', resume: null },
    to: { phase: 'connecting', ...because('CONNECTING') },
    effects: ['connect'],
  },
  {
    name: 'start continues the wait of another tab',
    from: initialState,
    event: { type: 'start', resume: { retryAt: now + 4000, ...because('NETWORK') } },
    to: { phase: 'waiting', ...because('NETWORK'), retryAt: now + 4000 },
    effects: ['setRetryTimer 4000'],
  },
  {
    name: 'start connects when that wait is over',
    from: initialState,
    event: { type: 'start', resume: { retryAt: now, ...because('NETWORK') } },
    to: { phase: 'connecting' },
    effects: ['connect'],
  },
  {
    name: 'a session opens',
    from: connecting,
    event: { type: 'session', session },
    to: { phase: 'open', since: now, goodbye: null },
    effects: ['beginSession'],
  },
  {
    name: 'a session permits one more token renewal',
    from: { ...connecting, progress: { ...progress, tokenRenewed: true } },
    event: { type: 'session', session },
    to: { progress },
    effects: ['beginSession'],
  },

  {
    name: 'a failed transport waits 3 s first',
    from: connecting,
    event: { type: 'transportFailed', timedOut: false },
    to: { phase: 'waiting', retryAt: now + 3000, ...after(1) },
    effects: ['setManagerDelay 3000'],
  },
  {
    name: 'a second failure also checks the origin',
    from: { ...connecting, ...after(1) },
    event: { type: 'transportFailed', timedOut: false },
    to: { phase: 'waiting', ...after(2) },
    effects: ['setManagerDelay 6000', 'checkOrigin'],
  },
  {
    name: 'a timeout swaps the transports',
    from: connecting,
    event: { type: 'transportFailed', timedOut: true },
    to: { progress: { ...progress, attempts: 1, pollingFirst: true } },
    effects: ['setManagerDelay 3000', 'swapTransports'],
  },
  {
    name: 'an error of an open transport is not counted: it closes next',
    from: { ...connecting, transportOpen: true },
    event: { type: 'transportFailed', timedOut: false },
    to: { phase: 'connecting' },
    effects: [],
  },
  {
    name: 'a failed manual try does not lengthen the backoff',
    from: { ...connecting, manual: true, ...after(1) },
    event: closed,
    to: { ...after(1), retryAt: now + 3000 },
    effects: ['setManagerDelay 3000'],
  },
  {
    name: 'the fifth wait is 30 s',
    from: { ...connecting, ...after(4) },
    event: closed,
    to: { ...after(5), retryAt: now + 30_000 },
    effects: ['setManagerDelay 30000'],
  },

  {
    name: 'a connection of under 10 s lengthens the backoff',
    from: { ...open, ...after(2) },
    event: closed,
    to: { ...after(3), retryAt: now + 12_000 },
    effects: ['setManagerDelay 12000'],
  },
  {
    name: 'a connection of 10 s restarts it',
    from: { ...open, ...after(2), since: now - 10_000 },
    event: closed,
    to: { ...after(1), retryAt: now + 3000 },
    effects: ['setManagerDelay 3000'],
  },
  {
    name: 'a transport that closes during a probe is replaced at once',
    from: { ...open, probing: true },
    event: closed,
    to: { phase: 'waiting', ...after(0), retryAt: now },
    effects: ['setManagerDelay 0'],
  },
  {
    name: 'a transport we closed changes nothing',
    from: open,
    event: { type: 'transportClosed', active: false },
    to: open,
    effects: [],
  },

  {
    name: 'goodbye sets the next wait',
    from: { ...open, goodbye: goodbye('SERVER_DRAINING', { retryAfterMs: 700 }) },
    event: closed,
    to: { phase: 'waiting', ...because('SERVER_DRAINING'), retryAt: now + 700, ...after(0) },
    effects: ['setManagerDelay 700'],
  },
  {
    name: 'goodbye before a session is ignored',
    from: connecting,
    event: { type: 'goodbye', goodbye: goodbye('LOGGED_OUT') },
    to: connecting,
    effects: [],
  },
  {
    name: 'goodbye ROLE_CHANGED invalidates the token',
    from: open,
    event: { type: 'goodbye', goodbye: goodbye('ROLE_CHANGED') },
    to: { goodbye: goodbye('ROLE_CHANGED') },
    effects: ['invalidateToken'],
  },
  {
    name: 'LOGGED_OUT signs out',
    from: { ...open, goodbye: goodbye('LOGGED_OUT', { reconnect: false }) },
    event: { type: 'namespaceClosed' },
    to: { phase: 'stopped', ...because('LOGGED_OUT') },
    effects: ['tearDown'],
  },
  {
    name: 'LOGGED_OUT signs out when the transport closes first',
    from: { ...open, goodbye: goodbye('LOGGED_OUT', { reconnect: false }) },
    event: closed,
    to: { phase: 'stopped', ...because('LOGGED_OUT') },
    effects: ['tearDown deferred'],
  },
  {
    name: 'CLOSED_BY_ADMIN does not reconnect, and does not sign out',
    from: { ...open, goodbye: goodbye('CLOSED_BY_ADMIN', { reconnect: false }) },
    event: closed,
    to: { phase: 'refused', ...because('CLOSED_BY_ADMIN') },
    effects: ['disconnect deferred'],
  },
  {
    name: 'a namespace closed without goodbye backs off',
    from: open,
    event: { type: 'namespaceClosed' },
    to: { phase: 'waiting', ...because('NETWORK') },
    effects: ['setRetryTimer 3000'],
  },

  {
    name: 'a connection limit waits at least as long as the server says',
    from: connecting,
    event: refusal('USER_CONNECTION_LIMIT', { limit: 3, retryAfterMs: 8000 }),
    to: { phase: 'waiting', ...because('USER_CONNECTION_LIMIT', 3), retryAt: now + 8000 },
    effects: ['setRetryTimer 8000'],
  },
  {
    name: 'and at least the backoff',
    from: { ...connecting, ...after(1) },
    event: refusal('TENANT_CONNECTION_LIMIT', { limit: 50, retryAfterMs: 1 }),
    to: { ...because('TENANT_CONNECTION_LIMIT', 50), retryAt: now + 6000 },
    effects: ['setRetryTimer 6000'],
  },
  {
    name: 'TOKEN_EXPIRED renews and reconnects once',
    from: connecting,
    event: refusal('TOKEN_EXPIRED'),
    to: { phase: 'connecting', ...because('TOKEN_EXPIRED'), progress: { ...progress, tokenRenewed: true } },
    effects: ['invalidateToken', 'reconnect deferred'],
  },
  {
    name: 'TOKEN_EXPIRED again is final',
    from: { ...connecting, progress: { ...progress, tokenRenewed: true } },
    event: refusal('TOKEN_EXPIRED'),
    to: { phase: 'refused', ...because('TOKEN_EXPIRED') },
    effects: [],
  },
  {
    name: 'FORBIDDEN is final',
    from: connecting,
    event: refusal('FORBIDDEN'),
    to: { phase: 'refused', ...because('FORBIDDEN') },
    effects: [],
  },
  {
    name: 'PASSWORD_CHANGE_REQUIRED is final',
    from: connecting,
    event: refusal('PASSWORD_CHANGE_REQUIRED'),
    to: { phase: 'refused', ...because('PASSWORD_CHANGE_REQUIRED') },
    effects: [],
  },
  {
    name: 'an unknown code backs off',
    from: connecting,
    event: refusal('LUNCH_BREAK'),
    to: { phase: 'waiting', ...because('LUNCH_BREAK') },
    effects: ['setRetryTimer 3000'],
  },
  {
    name: 'a refused origin is final',
    from: waiting,
    event: { type: 'refused', reason: 'ORIGIN_REFUSED' },
    to: { phase: 'refused', ...because('ORIGIN_REFUSED') },
    effects: ['disconnect'],
  },
  {
    name: 'a late origin check does not end an open connection',
    from: open,
    event: { type: 'refused', reason: 'ORIGIN_REFUSED' },
    to: open,
    effects: [],
  },

  {
    name: 'waking reconnects from a wait',
    from: waiting,
    event: { type: 'wake', manual: false },
    to: { phase: 'connecting', manual: true, since: now },
    effects: reconnects,
  },
  {
    name: 'waking does not abort a try of under 1 s',
    from: { ...connecting, since: now - 999 },
    event: { type: 'wake', manual: false },
    to: { since: now - 999 },
    effects: [],
  },
  {
    name: 'waking probes an open connection',
    from: open,
    event: { type: 'wake', manual: false },
    to: { probing: true },
    effects: ['probe'],
  },
  {
    name: 'and once only',
    from: { ...open, probing: true },
    event: { type: 'wake', manual: false },
    to: { probing: true },
    effects: [],
  },
  {
    name: 'waking does not retry after a refusal',
    from: refused,
    event: { type: 'wake', manual: false },
    to: refused,
    effects: [],
  },
  {
    name: 'a person does',
    from: refused,
    event: { type: 'wake', manual: true },
    to: { phase: 'connecting', ...because('FORBIDDEN') },
    effects: reconnects,
  },
  {
    name: 'the retry timer reconnects',
    from: waiting,
    event: { type: 'retryTimer' },
    to: { phase: 'connecting', manual: false },
    effects: reconnects,
  },
  { name: 'a late retry timer means nothing', from: open, event: { type: 'retryTimer' }, to: open, effects: [] },
  {
    name: 'a probe without an answer reconnects',
    from: { ...open, probing: true },
    event: { type: 'probed', alive: false },
    to: { phase: 'connecting', ...because('NETWORK') },
    effects: reconnects,
  },
  {
    name: 'a probe with an answer ends',
    from: { ...open, probing: true },
    event: { type: 'probed', alive: true },
    to: { phase: 'open', probing: false },
    effects: [],
  },
  {
    name: 'offline probes: the server may be on this machine',
    from: open,
    event: { type: 'offline' },
    to: { probing: true },
    effects: ['probe'],
  },

  {
    name: 'a refused renewal signs out',
    from: connecting,
    event: { type: 'signedOut' },
    to: { phase: 'stopped', ...because('SIGNED_OUT') },
    effects: ['tearDown'],
  },
  {
    name: "another user's token is refused",
    from: open,
    event: { type: 'refused', reason: 'FORBIDDEN' },
    to: { phase: 'refused', ...because('FORBIDDEN') },
    effects: ['disconnect'],
  },
  {
    name: 'stop tears down',
    from: open,
    event: { type: 'stop' },
    to: { phase: 'stopped', ...because('STOPPED') },
    effects: ['tearDown'],
  },
];

it.each(rows)('$name', ({ from, event, to, effects }) => {
  const before = structuredClone(from);
  const [next, ...done] = transition(from, event, moment);
  expect(next).toMatchObject(to);
  expect(names(done)).toEqual(effects);
  expect(from).toEqual(before);
});

describe('whatever happens in whatever state', () => {
  const states: ConnectionState[] = [
    initialState,
    connecting,
    { ...connecting, transportOpen: true },
    waiting,
    open,
    { ...open, goodbye: goodbye('LOGGED_OUT', { reconnect: false }) },
    refused,
  ];
  const events: ConnectionEvent[] = [
    ...new Map(rows.map(({ event }) => [JSON.stringify(event), event])).values(),
    { type: 'transportOpen' },
    { type: 'retry' },
    { type: 'connectError', refusal: null },
  ];

  it('a planned retry has a wait of 0 to 33 s', () => {
    for (const from of states) {
      for (const event of events) {
        for (const chance of [0, 0.5, 0.999]) {
          const [next, ...effects] = transition(from, event, { now, chance });
          for (const effect of effects) if ('ms' in effect) expect(effect.ms >= 0 && effect.ms <= 33_000).toBe(true);
          if (next.phase === 'waiting' && from.phase !== 'waiting') {
            expect(
              effects.some(({ type }) => type === 'setManagerDelay' || type === 'setRetryTimer'),
              `${from.phase} ${event.type}`,
            ).toBe(true);
          }
        }
      }
    }
  });

  it('a stopped connection starts, and does nothing else', () => {
    for (const event of events) {
      const [next, ...effects] = transition(initialState, event, moment);
      if (event.type === 'start') expect(next.phase).not.toBe('stopped');
      else {
        expect(next).toEqual(initialState);
        expect(names(effects).filter((name) => name === 'connect' || name === 'reconnect')).toEqual([]);
      }
    }
  });
});

it('impossible states do not type-check', () => {
  expectTypeOf<Open>().not.toHaveProperty('retryAt');
  expectTypeOf<Open>().not.toHaveProperty('cause');
  expectTypeOf<Refused>().not.toHaveProperty('retryAt');
  expectTypeOf<Waiting>().not.toHaveProperty('goodbye');
  // @ts-expect-error a wait has a time
  const wait: ConnectionState = { ...refused, phase: 'waiting' };
  // @ts-expect-error an open connection has no reason to be away
  const opened: ConnectionState = { ...open, cause: because('NETWORK').cause };
  expect([wait.phase, opened.phase]).toEqual(['waiting', 'open']);
});
