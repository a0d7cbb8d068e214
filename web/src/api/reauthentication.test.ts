import { beforeEach, expect, it } from 'vitest';
import { ApiError } from '../shared/http';
import { session } from '../shared/session';
import { FakeServer, json, problem, userOf } from '../test/fake-server';
import { authorizedRequest } from './authorized-request';
import { endReauthentication, reauthentication } from './reauthentication';

let server: FakeServer;

beforeEach(async () => {
  server = new FakeServer().on('POST /auth/refresh', { accessToken: 'a', expiresIn: 900, user: userOf('ADMIN') });
  await session.refresh();
});

/** Resolves when the dialog is wanted. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    if (reauthentication.get()) resolve();
    const unsubscribe = reauthentication.subscribe(() => {
      if (!reauthentication.get()) return;
      unsubscribe();
      resolve();
    });
  });
}

it('sends a write again with its idempotency key, and once only', async () => {
  server.on('POST /rentals', () => problem(403, 'REAUTHENTICATION_REQUIRED'));
  const options = { method: 'POST', body: { a: 1 }, headers: { 'Idempotency-Key': 'k1' } } as const;
  const write = authorizedRequest('/rentals', options).catch((error: unknown) => error);
  await asked();
  endReauthentication(true);
  expect(await write).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
  expect(server.seen('POST /rentals').map(({ headers, body }) => [headers.get('Idempotency-Key'), body])).toEqual([
    ['k1', { a: 1 }],
    ['k1', { a: 1 }],
  ]);
  expect(reauthentication.get()).toBe(false);
});

it('asks once for all writes that wait', async () => {
  let confirmed = false;
  for (const id of ['1', '2'])
    server.on(`DELETE /admin/api-keys/${id}`, () =>
      confirmed ? json(undefined, 204) : problem(403, 'REAUTHENTICATION_REQUIRED'),
    );
  const writes = ['1', '2'].map((id) => authorizedRequest(`/admin/api-keys/${id}`, { method: 'DELETE' }));
  await expect.poll(() => server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(2);
  await asked();
  confirmed = true;
  endReauthentication(true);
  await Promise.all(writes);
  expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(4);
});

it('asks nobody for the password of a read', async () => {
  server.on('GET /audit', () => problem(403, 'REAUTHENTICATION_REQUIRED'));
  await expect(authorizedRequest('/audit')).rejects.toThrow(ApiError);
  expect(reauthentication.get()).toBe(false);
});
