import { expect, it, vi } from 'vitest';
import { FakeServer, json, problem, userOf } from '../test/fake-server';
import { authorizedRequest as api, queryString as query } from '../api/authorized-request';
import { ApiError } from './http';
import { Session, session } from './session';

const grant = (token: string, expiresIn = 900) => ({ accessToken: token, expiresIn, user: userOf('OPERATOR') });

/** Two ends of one channel, as two tabs have it. */
function channels(): [BroadcastChannel, BroadcastChannel] {
  const make = () => new EventTarget() as BroadcastChannel;
  const [one, two] = [make(), make()];
  one.postMessage = (data: unknown) => void two.dispatchEvent(new MessageEvent('message', { data }));
  two.postMessage = (data: unknown) => void one.dispatchEvent(new MessageEvent('message', { data }));
  return [one, two];
}

it('restores what the cookie holds, and knows when there is nothing', async () => {
  const server = new FakeServer().on('POST /auth/refresh', grant('a'));
  const one = new Session();
  expect(one.state().status).toBe('restoring');
  await one.restore();
  expect(one.state()).toMatchObject({ status: 'signed-in', user: { role: 'OPERATOR' } });
  server.on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'));
  const two = new Session();
  await two.restore();
  expect(two.state()).toEqual({ status: 'signed-out', user: null, reason: 'none' });
});

it('on a first visit asks whether there is a cookie, and for nothing else when there is none', async () => {
  const server = new FakeServer().on('GET /auth/session', { held: false });
  const one = new Session();
  await one.restore();
  expect(one.state()).toEqual({ status: 'signed-out', user: null, reason: 'none' });
  expect(server.requests.map((each) => each.path)).toEqual(['/auth/session']);
});

it('finds a good cookie in a browser that remembers nothing, and with a server that cannot tell', async () => {
  const server = new FakeServer().on('GET /auth/session', { held: true }).on('POST /auth/refresh', grant('a'));
  for (const answer of [
    () => json({ held: true }),
    () => problem(404, 'NOT_FOUND'),
    () => problem(503, 'UNAVAILABLE'),
    () => {
      throw new TypeError('down');
    },
  ]) {
    localStorage.clear();
    server.on('GET /auth/session', answer);
    const one = new Session();
    await one.restore();
    expect(one.state().status).toBe('signed-in');
  }
});

it('asks for the refresh at once where a session was opened, and not after it ended', async () => {
  const server = new FakeServer()
    .on('GET /auth/session', { held: false })
    .on('POST /auth/login', grant('a'))
    .on('POST /auth/refresh', grant('b'))
    .on('POST /auth/logout', () => json(undefined, 204));
  await new Session().signIn('a@b.hu', 'x');
  const two = new Session();
  await two.restore();
  expect(two.state().status).toBe('signed-in');
  expect(server.seen('GET /auth/session')).toHaveLength(0);
  // The cookie was cleared or ran out: the refresh is refused, once.
  server.on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'));
  const three = new Session();
  await three.restore();
  expect(three.state().status).toBe('signed-out');
  await new Session().restore();
  expect(server.seen('POST /auth/refresh')).toHaveLength(2);
  await two.signOut();
  await new Session().restore();
  expect(server.seen('POST /auth/refresh')).toHaveLength(2);
});

it('somebody who signs in while the question is under way stays in', async () => {
  let answer: (response: Response) => void = () => undefined;
  const server = new FakeServer()
    .on(
      'GET /auth/session',
      () =>
        new Promise<Response>((resolve) => {
          answer = resolve;
        }),
    )
    .on('POST /auth/login', grant('a'));
  const one = new Session();
  const restored = one.restore();
  await vi.waitFor(() => expect(server.seen('GET /auth/session')).toHaveLength(1));
  await one.signIn('a@b.hu', 'x');
  answer(json({ held: false }));
  await restored;
  expect(one.state().status).toBe('signed-in');
  expect(server.seen('POST /auth/refresh')).toHaveLength(0);
});

it('does not take an unreachable server for a sign-out', async () => {
  const server = new FakeServer().on('POST /auth/refresh', () => problem(503, 'UNAVAILABLE'));
  const one = new Session();
  await one.restore();
  expect(one.state().status).toBe('unreachable');
  server.on('POST /auth/refresh', grant('a'));
  await one.restore();
  expect(one.state().status).toBe('signed-in');
  server.on('POST /auth/refresh', () => {
    throw new TypeError('down');
  });
  expect(await one.refresh()).toBe('unreachable');
  expect(one.state().status).toBe('signed-in');
});

it('asks once for any number of callers', async () => {
  const server = new FakeServer().on('POST /auth/refresh', grant('a'));
  const one = new Session();
  expect(await Promise.all([one.refresh(), one.refresh(), one.refresh()])).toEqual(['ok', 'ok', 'ok']);
  expect(server.seen('POST /auth/refresh')).toHaveLength(1);
});

it('ends when a refresh is refused, and says so to its listeners', async () => {
  const server = new FakeServer().on('POST /auth/refresh', grant('a'));
  const one = new Session();
  await one.refresh();
  const listener = vi.fn();
  const stop = one.subscribe(listener);
  server.on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'));
  expect(await one.refresh()).toBe('refused');
  expect(one.state()).toMatchObject({ status: 'signed-out', reason: 'ended' });
  expect(one.accessToken()).toBeNull();
  expect(listener).toHaveBeenCalledOnce();
  stop();
  server.on('POST /auth/login', grant('b'));
  await one.signIn('a@b.hu', 'x');
  expect(listener).toHaveBeenCalledOnce();
});

it('knows a stale token by its clock', async () => {
  new FakeServer().on('POST /auth/refresh', grant('a', 60));
  let now = 1_000_000;
  const one = new Session({ now: () => now });
  expect(one.isStale()).toBe(true);
  await one.refresh();
  expect(one.isStale()).toBe(false);
  now += 49_000;
  expect(one.isStale()).toBe(false);
  now += 1_000;
  expect(one.isStale()).toBe(true);
});

it('a tab that is still asking when another signs in asks once more', async () => {
  let answer: (response: Response) => void = () => undefined;
  const server = new FakeServer()
    .on('POST /auth/login', grant('a'))
    .on('POST /auth/refresh', () => new Promise<Response>((resolve) => (answer = resolve)));
  const [left, right] = channels();
  const [one, two] = [new Session({ channel: left }), new Session({ channel: right })];
  const restoring = two.refresh();
  await vi.waitFor(() => expect(server.seen('POST /auth/refresh')).toHaveLength(1));
  const old = answer;
  server.on('POST /auth/refresh', grant('b'));
  await one.signIn('a@b.hu', 'x');
  old(problem(401, 'UNAUTHENTICATED'));
  await restoring;
  await vi.waitFor(() => expect(two.state().status).toBe('signed-in'));
  expect(server.seen('POST /auth/refresh')).toHaveLength(2);
});

it('keeps one state for all tabs', async () => {
  const server = new FakeServer()
    .on('POST /auth/login', grant('a'))
    .on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'))
    .on('POST /auth/logout', () => json(undefined, 204));
  const [left, right] = channels();
  const one = new Session({ channel: left });
  const two = new Session({ channel: right });
  await two.restore();
  server.on('POST /auth/refresh', grant('b'));
  await one.signIn('a@b.hu', 'x');
  await vi.waitFor(() => expect(two.state().status).toBe('signed-in'));
  await one.signOut();
  expect(one.state()).toMatchObject({ status: 'signed-out', reason: 'asked' });
  expect(two.state()).toMatchObject({ status: 'signed-out', reason: 'ended' });
  expect(server.seen('POST /auth/logout')[0]?.headers.get('Authorization')).toBe('Bearer a');
});

it('signs out even when nobody answers', async () => {
  const server = new FakeServer().on('POST /auth/login', grant('a'));
  server.on('POST /auth/logout', () => {
    throw new TypeError('down');
  });
  const one = new Session();
  await one.signIn('a@b.hu', 'x');
  await one.signOut();
  expect(one.state().status).toBe('signed-out');
});

it('a sign-out that nobody heard holds over a reload: the server is told before the cookie is used again', async () => {
  const server = new FakeServer().on('POST /auth/login', grant('a')).on('POST /auth/refresh', grant('b'));
  server.on('POST /auth/logout', () => {
    throw new TypeError('down');
  });
  const one = new Session();
  await one.signIn('a@b.hu', 'x');
  await one.signOut();
  const reloaded = new Session();
  await reloaded.restore();
  expect(reloaded.state()).toMatchObject({ status: 'signed-out', reason: 'asked' });
  server.on('POST /auth/logout', () => json(undefined, 204));
  expect(await reloaded.refresh()).toBe('refused');
  expect(server.seen('POST /auth/logout')).toHaveLength(3);
  expect(server.seen('POST /auth/refresh')).toHaveLength(0);
  await reloaded.signIn('a@b.hu', 'x');
  expect(await reloaded.refresh()).toBe('ok');
});

it('a refresh under way brings nobody back who signs out meanwhile, and ends nobody who signs in', async () => {
  let answer: (response: Response) => void = () => undefined;
  const late = () => new Promise<Response>((resolve) => (answer = resolve));
  const server = new FakeServer()
    .on('POST /auth/login', grant('a'))
    .on('POST /auth/refresh', late)
    .on('POST /auth/logout', () => json(undefined, 204));
  const one = new Session();
  await one.signIn('a@b.hu', 'x');
  const refreshed = one.refresh();
  await vi.waitFor(() => expect(server.seen('POST /auth/refresh')).toHaveLength(1));
  await one.signOut();
  answer(json(grant('b')));
  expect(await refreshed).toBe('refused');
  expect(one.state()).toMatchObject({ status: 'signed-out', reason: 'asked' });
  expect(one.accessToken()).toBeNull();

  const restoring = one.refresh();
  await vi.waitFor(() => expect(server.seen('POST /auth/refresh')).toHaveLength(2));
  await one.signIn('a@b.hu', 'x');
  answer(problem(401, 'UNAUTHENTICATED'));
  expect(await restoring).toBe('ok');
  expect(one.state().status).toBe('signed-in');
  expect(server.seen('POST /auth/refresh')).toHaveLength(2);
});

it('api: renews a refused token once, silently', async () => {
  let token = 'old';
  const server = new FakeServer()
    .on('POST /auth/refresh', () => json(grant(token)))
    .on('GET /me', (request) =>
      request.headers.get('Authorization') === 'Bearer new' ? json({ id: 'u' }) : problem(401, 'TOKEN_EXPIRED'),
    );
  await session.refresh();
  token = 'new';
  await expect(api('/me')).resolves.toEqual({ id: 'u' });
  expect(server.seen('GET /me')).toHaveLength(2);
  token = 'worse';
  await session.refresh();
  await expect(api('/me')).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  expect(server.seen('GET /me')).toHaveLength(4);
});

it('api: is signed out when the renewal is refused', async () => {
  const server = new FakeServer()
    .on('POST /auth/refresh', grant('a'))
    .on('GET /me', () => problem(401, 'UNAUTHENTICATED'));
  await session.refresh();
  server.on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'));
  await expect(api('/me')).rejects.toBeInstanceOf(ApiError);
  expect(session.state().status).toBe('signed-out');
});

it('api: renews a stale token before it is used', async () => {
  const server = new FakeServer().on('POST /auth/refresh', grant('short', 5)).on('GET /me', { id: 'u' });
  await session.refresh();
  server.on('POST /auth/refresh', grant('fresh'));
  await api('/me');
  expect(server.seen('GET /me').map((each) => each.headers.get('Authorization'))).toEqual(['Bearer fresh']);
});

it('api: reads a problem whole, and makes one of what is none', async () => {
  const server = new FakeServer().on('GET /x', () =>
    problem(422, 'INVALID_REQUEST', {
      detail: 'no',
      line: 2,
      errors: [{ field: 'lines.0.quantity', detail: 'bad' }, { nonsense: 1 }, null],
    }),
  );
  const refused = await api('/x').catch((error: unknown) => error as ApiError);
  expect(refused).toMatchObject({
    status: 422,
    code: 'INVALID_REQUEST',
    message: 'no',
    problem: { line: 2 },
    retryAfterMs: null,
  });
  expect((refused as ApiError).errors).toEqual([{ field: 'lines.0.quantity', detail: 'bad' }]);
  expect((refused as ApiError).field('lines')).toBe('bad');
  expect((refused as ApiError).field('line')).toBeUndefined();
  server.on('GET /x', () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
  await expect(api('/x')).rejects.toMatchObject({ status: 502, code: 'HTTP_502', message: 'Bad Gateway' });
  server.on('GET /x', () => {
    throw new TypeError('down');
  });
  await expect(api('/x')).rejects.toMatchObject({ status: 0, code: 'UNREACHABLE' });
});

it('api: an answer that breaks off, or is not JSON, is that of nobody', async () => {
  const server = new FakeServer().on(
    'GET /x',
    () => new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError('cut')) })),
  );
  await expect(api('/x')).rejects.toMatchObject({ status: 0, code: 'UNREACHABLE' });
  server.on('GET /x', () => new Response('<html>Wi-Fi: please sign in</html>'));
  await expect(api('/x')).rejects.toMatchObject({ status: 0, code: 'UNREACHABLE' });
});

it('api: lets a cancelled request be cancelled', async () => {
  const cancel = new AbortController();
  new FakeServer().on('GET /x', () => {
    cancel.abort();
    throw new DOMException('cancelled', 'AbortError');
  });
  await expect(api('/x', { signal: cancel.signal })).rejects.toMatchObject({ name: 'AbortError' });
});

it('query: leaves empty values out', () => {
  expect(query({ search: 'fúró', limit: 20, locationId: null, cursor: undefined, status: '' })).toBe(
    '?search=f%C3%BAr%C3%B3&limit=20',
  );
  expect(query({})).toBe('');
});

it('a refresh that brings another role is told to the other tabs, once', async () => {
  const server = new FakeServer().on('POST /auth/refresh', grant('a'));
  const [left, right] = channels();
  const [one, two] = [new Session({ channel: left }), new Session({ channel: right })];
  await Promise.all([one.restore(), two.restore()]);
  server.on('POST /auth/refresh', { ...grant('b'), user: userOf('ADMIN') });
  await one.refresh();
  await vi.waitFor(() => expect(two.state()).toMatchObject({ user: { role: 'ADMIN' } }));
  await two.refresh();
  expect(server.seen('POST /auth/refresh').length).toBeLessThanOrEqual(6);
  expect(one.state()).toMatchObject({ user: { role: 'ADMIN' } });
});
