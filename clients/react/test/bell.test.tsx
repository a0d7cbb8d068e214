import { FakeEnvironment, FakeServer, jwt, rental } from '@harang/client/testing';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  HarangBell,
  HarangProvider,
  useConnection,
  useHarangEvent,
  type HarangBellProps,
  type HarangProviderProps,
} from '../src/index.js';
import { flush, pass } from './time.js';

let server: FakeServer;
let environment: FakeEnvironment;
let token: string;
/** What GET /notifications answers with, and what was asked of it. */
let api: { items: object[]; unreadCount: number; head: string; version: number; nextCursor: string | null };
let status: number;
const asked: { method: string; path: string; body: unknown; authorization: string | null }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 1, 4, 14, 0, 0) });
  server = new FakeServer();
  environment = new FakeEnvironment();
  token = jwt(Date.now() + 900_000);
  api = {
    items: [{ ...rental(10), readAt: null, claim: null }],
    unreadCount: 3,
    head: 'e1:m:10',
    version: 1,
    nextCursor: null,
  };
  status = 200;
  asked.length = 0;
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    const { pathname, search } = new URL(url, 'http://shop.test');
    const { method = 'GET', body } = init;
    asked.push({
      method,
      path: pathname + search,
      body: typeof body === 'string' ? JSON.parse(body) : null,
      authorization: new Headers(init.headers).get('Authorization'),
    });
    if (pathname.endsWith('/read')) return Promise.resolve(Response.json({ unreadCount: 0, version: 2 }));
    return Promise.resolve(Response.json(api, { status }));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const user = { id: 'u1', tenantId: 'budapest', role: 'STORE_MANAGER' };

async function settle(run: () => void = () => undefined): Promise<void> {
  await act(async () => {
    run();
    for (let turn = 0; turn < 3; turn += 1) await flush();
  });
}

function provider(children: ReactNode, props: Partial<HarangProviderProps> = {}) {
  return (
    <StrictMode>
      <HarangProvider
        user={user}
        token={() => token}
        environment={environment}
        createManager={server.createManager}
        {...props}
      >
        {children}
      </HarangProvider>
    </StrictMode>
  );
}

async function openBell(props: HarangBellProps = {}, options: Partial<HarangProviderProps> = {}) {
  const view = render(provider(<HarangBell {...props} />, options));
  await settle();
  await settle(() => server.link.welcome());
  return view;
}

const badge = () => screen.getByTestId('notification-badge').dataset['count'];

describe('HarangBell', () => {
  it('shows the server’s count and what came since', async () => {
    await openBell();
    expect(server.dials).toBe(1);
    expect(badge()).toBe('3');
    await settle(() => server.link.emit('rental_created', rental(11), 'e1:m:11'));
    expect(badge()).toBe('4');
    expect(screen.getByRole('button', { name: 'Értesítések, 4 olvasatlan' })).toBeTruthy();
    await settle(() => server.link.emit('notifications', { unreadCount: 1, head: 'e1:m:11', version: 2 }));
    expect(badge()).toBe('1');
    expect(asked[0]).toMatchObject({ path: '/api/v1/notifications?limit=30', authorization: `Bearer ${token}` });
  });

  it('shows a live event as a toast for 5 s, and a click selects it', async () => {
    const onSelect = vi.fn();
    await openBell({ onSelect });
    await settle(() => server.link.emit('rental_created', rental(11), 'e1:m:11'));
    const toast = screen.getByTestId('toast');
    expect(toast.dataset).toMatchObject({ kind: 'success', eventId: 'event-11' });
    expect(toast.textContent).toContain('Új bérlés: Béta Bau Bt. - 3 tétel');
    fireEvent.click(within(toast).getByText('Új bérlés: Béta Bau Bt. - 3 tétel'));
    expect(onSelect).toHaveBeenCalledExactlyOnceWith(rental(11));
    await settle(() => server.link.emit('rental_created', rental(12), 'e1:m:12'));
    await act(() => pass(4999));
    expect(screen.queryByTestId('toast')).not.toBeNull();
    await act(() => pass(1));
    expect(screen.queryByTestId('toast')).toBeNull();
  });

  it('announces a payment error at once, and speaks English', async () => {
    await openBell({ language: 'en' });
    const data = {
      transactionId: 't',
      errorCode: 'iso:51',
      errorMessage: 'Nincs elég fedezet',
      partnerId: 'p',
      partnerName: 'Alfa',
      amount: 18_900,
      currency: 'HUF',
    };
    await settle(() =>
      server.link.emit(
        'payment_error',
        { eventId: 'p1', timestamp: '2026-02-04T14:00:01.000Z', type: 'payment_error', data },
        'e1:m:11',
      ),
    );
    expect(screen.getByRole('alert').textContent).toContain('Payment failed: Nincs elég fedezetAlfa · 18,900 Ft');
  });

  it('shows a replay as one toast', async () => {
    await openBell();
    await settle(() => server.link.cut());
    await act(() => pass(3000));
    await settle(() => {
      server.link.welcome({ recovered: true, replayed: 2 });
      server.link.emit('rental_created', rental(11), 'e1:m:11');
      server.link.emit('rental_created', rental(12), 'e1:m:12');
    });
    expect(screen.queryByTestId('toast')).toBeNull();
    expect(screen.getByTestId('digest').textContent).toContain('Amíg távol volt: 2 esemény');
    expect(badge()).toBe('5');
  });

  it('lists the newest first, tells what was seen, and marks as read', async () => {
    await openBell();
    await settle(() => server.link.emit('door_opened', { ...rental(11), type: 'door_opened' }, 'e1:m:11'));
    fireEvent.click(screen.getByTestId('notification-bell'));
    expect(screen.queryByTestId('toast')).toBeNull();
    const items = screen.getAllByTestId('notification-item');
    expect(items.map(({ dataset }) => [dataset['eventId'], dataset['type'], dataset['unread']])).toEqual([
      ['event-11', 'door_opened', ''],
      ['event-10', 'rental_created', ''],
    ]);
    expect(items[0]?.textContent).toContain('door_opened');
    await act(() => pass(500));
    expect(server.link.messages('seen').flat()).toContainEqual({ eventIds: ['event-11', 'event-10'] });
    await settle(() =>
      server.link.emit('claim', {
        eventId: 'event-10',
        by: { id: 'u2', name: 'Béla' },
        at: '2026-02-04T14:00:00.000Z',
      }),
    );
    expect(screen.getByText(/Intézi: Béla/)).toBeTruthy();
    await settle(() => fireEvent.click(screen.getByText('Mind olvasott')));
    expect(asked.at(-1)).toMatchObject({
      method: 'POST',
      path: '/api/v1/notifications/read',
      body: { upTo: 'event-11' },
    });
    expect(screen.getAllByTestId('notification-item').every(({ dataset }) => dataset['unread'] === undefined)).toBe(
      true,
    );
    fireEvent.keyDown(screen.getByTestId('notification-panel'), { key: 'Escape' });
    expect(screen.queryByTestId('notification-panel')).toBeNull();
    expect(document.activeElement).toBe(screen.getByTestId('notification-bell'));
  });

  it('renews a stale token once, says when the list fails, and loads it again', async () => {
    status = 401;
    const refresh = vi.fn(() => Promise.resolve('ok' as const));
    await openBell({}, { refresh });
    expect(refresh).toHaveBeenCalled();
    fireEvent.click(screen.getByTestId('notification-bell'));
    expect(screen.getByRole('alert').textContent).toContain('A lista nem töltődött be.');
    status = 200;
    await settle(() => fireEvent.click(screen.getByText('Újra')));
    expect(screen.getAllByTestId('notification-item')).toHaveLength(1);
  });

  it.each([
    [
      'USER_CONNECTION_LIMIT',
      { limit: 3, retryAfterMs: 8000 },
      'reconnecting',
      'Túl sok megnyitott kapcsolat (legfeljebb 3).',
    ],
    ['FORBIDDEN', {}, 'disconnected', 'Nincs kapcsolat (FORBIDDEN)'],
  ])('says why there is no connection: %s', async (code, data, expected, text) => {
    render(provider(<HarangBell />));
    await settle();
    await settle(() => server.link.refuse(code, data));
    fireEvent.click(screen.getByTestId('notification-bell'));
    const line = screen.getByTestId('connection-status');
    expect(line.dataset).toMatchObject({ status: expected, reason: code });
    expect(line.textContent).toContain(text);
    await settle(() => fireEvent.click(screen.getByTestId('reconnect-now')));
    await act(() => pass(1000));
    expect(server.dials).toBeGreaterThan(1);
  });
});

describe('hooks', () => {
  it('useConnection renders when the selected part changes, useHarangEvent calls the newest handler', async () => {
    const renders: string[] = [];
    const partners: string[] = [];
    let suffix = '';
    function Probe() {
      renders.push(useConnection(({ status: now }) => now));
      useHarangEvent('rental_created', ({ event, position, isForegroundTab }) => {
        partners.push(`${event.data.partnerName} ${position} ${isForegroundTab}${suffix}`);
      });
      useHarangEvent('gap', ({ reason }) => {
        partners.push(reason);
      });
      return null;
    }
    const view = render(provider(<Probe />));
    await settle();
    await settle(() => server.link.welcome());
    const before = renders.length;
    expect(renders.at(-1)).toBe('connected');
    suffix = '!';
    view.rerender(provider(<Probe />));
    const rerendered = renders.length;
    await settle(() => server.link.emit('rental_created', rental(12), 'e1:m:12'));
    expect(rerendered).toBeGreaterThan(before);
    expect(renders).toHaveLength(rerendered); // lastDeliveryAt changed, status did not
    expect(partners).toEqual(['hole', 'Béta Bau Bt. e1:m:12 true!']);
  });

  it('another user has another connection and other notifications', async () => {
    const view = await openBell();
    view.rerender(provider(<HarangBell />, { user: { ...user, id: 'u2' } }));
    await settle();
    expect(badge()).toBe('0');
    expect(server.managers).toBe(2);
    expect(server.open).toHaveLength(1);
  });

  it('need a provider', () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => render(<HarangBell />)).toThrow('HarangProvider');
  });
});
