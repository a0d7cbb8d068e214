import type { FeedEvent } from '@harang/react';
import { act, fireEvent, screen, within } from '@testing-library/react';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { useState } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jwt } from '@harang/client/testing';
import { useOffline } from '../shared/connection';
import { chooseLanguage } from '../shared/i18n/i18n';
import { session } from '../shared/session';
import { PaymentFailures } from '../features/dashboard/payment-failures';
import { failureOf } from '../test/fake-server';
import { anna, LivePage, Problem } from '../test/live-page';
import { ConnectionChip } from './connection-chip';
import { NotificationBell } from './notification-bell';
import { everything, NotificationList } from './notification-list';
import { OfflineBanner } from './offline-banner';
import { Toasts } from './toasts';

/** jsdom has no pointer events. */
class Pointer extends MouseEvent {
  readonly pointerType: string;
  constructor(name: string, init: PointerEventInit = {}) {
    super(name, init);
    this.pointerType = init.pointerType ?? '';
  }
}

const golden = (type: string) =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, `../../../contract/events/${type}.json`), 'utf8')) as FeedEvent;
const make = (type: string, id: string, data: Record<string, unknown> = {}): FeedEvent => {
  const event = golden(type);
  return { ...event, eventId: id, timestamp: new Date().toISOString(), data: { ...(event.data as object), ...data } };
};

let page: LivePage;
let number: number;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-02-04T14:10:00+01:00').getTime() });
  page = new LivePage();
  number = 10;
  page.answer = ({ path }) =>
    path === '/notifications'
      ? { items: [], unreadCount: 4, head: `e1:m:${number}`, version: 1, nextCursor: null }
      : { items: [], nextCursor: null };
});

afterEach(async () => {
  await page.close();
  vi.useRealTimers();
  await chooseLanguage('hu');
});

function Everything() {
  const offline = useOffline();
  return (
    <>
      <ConnectionChip />
      <NotificationBell />
      <OfflineBanner />
      <Toasts />
      <output data-testid="offline">{String(offline)}</output>
    </>
  );
}

/** The list with a filter of its own. */
function Listed({ locationId = null }: { locationId?: string | null }) {
  const [chosen, setChosen] = useState(everything);
  return <NotificationList chosen={chosen} onChoose={setChosen} locationId={locationId} />;
}

function ring(event: FeedEvent): void {
  number += 1;
  page.server.link.emit(event.type, event, `e1:m:${number}`);
}

const chip = () => screen.getByTestId('connection-status');
const badge = () => screen.getByTestId('notification-badge').getAttribute('data-count');
const toasts = () => screen.queryAllByTestId('toast');
const toast = (index: number) => nth(toasts(), index);

function nth(elements: HTMLElement[], index: number): HTMLElement {
  const element = elements[index];
  if (!element) throw new Error(`there are only ${elements.length}`);
  return element;
}

describe('connection chip', () => {
  it("says connected, reconnecting and offline, with the story's titles", async () => {
    await page.open(<Everything />, { greet: false });
    expect(chip()).toHaveAttribute('data-status', 'reconnecting');
    expect(chip()).toHaveAttribute('data-reason', 'CONNECTING');
    expect(screen.getByTestId('offline')).toHaveTextContent('false');
    await page.settle(() => page.server.link.welcome());
    expect(chip()).toHaveAttribute('data-status', 'connected');
    expect(chip()).toHaveAttribute('data-reason', '');
    expect(chip()).toHaveAttribute('title', 'WebSocket: Csatlakozva');
    expect(screen.queryByTestId('reconnect-now')).toBeNull();
    await page.settle(() => page.server.link.cut());
    expect(chip()).toHaveAttribute('title', 'Újracsatlakozás...');
    expect(chip()).toHaveAttribute('data-reason', 'NETWORK');
    expect(chip()).toHaveTextContent('3 mp múlva');
    expect(screen.getByTestId('offline')).toHaveTextContent('true');
    await page.pass(1000);
    expect(chip()).toHaveTextContent('2 mp múlva');
    await page.settle(() => page.environment.goOffline());
    expect(chip()).toHaveAttribute('data-status', 'disconnected');
    expect(chip()).toHaveAttribute('title', 'Offline');
    expect(chip()).toHaveAttribute('data-reason', 'OFFLINE');
    expect(screen.getByTestId('connection-note')).toHaveTextContent('Nincs internetkapcsolat');
  });

  it('says after ten seconds that nothing new arrives, since when, and when the next try comes', async () => {
    await page.open(<Everything />);
    await page.settle(() => page.server.link.cut());
    await page.pass(9000);
    expect(screen.queryByTestId('offline-banner')).toBeNull();
    await page.pass(1500);
    const banner = screen.getByTestId('offline-banner');
    expect(banner).toHaveTextContent('Nincs élő kapcsolat. Amit lát, 14:10-kor volt friss.');
    await page.settle(() => page.server.link.cut());
    expect(banner).toHaveTextContent(/\d+ mp múlva/);
    await page.settle(() => fireEvent.click(within(banner).getByRole('button', { name: 'Újra most' })));
    await page.settle(() => page.server.link.welcome({ recovered: true }));
    expect(screen.queryByTestId('offline-banner')).toBeNull();
  });

  it('"Újra most" connects at once', async () => {
    await page.open(<Everything />);
    await page.settle(() => page.server.link.cut());
    expect(screen.getByTestId('reconnect-now')).toHaveTextContent('Újra most');
    await page.settle(() => fireEvent.click(screen.getByTestId('reconnect-now')));
    await page.settle(() => page.server.link.welcome({ recovered: true }));
    expect(chip()).toHaveAttribute('data-status', 'connected');
  });

  it('explains a full shop, with the number', async () => {
    await page.open(<Everything />, { greet: false });
    await page.settle(() => page.server.link.refuse('TENANT_CONNECTION_LIMIT', { limit: 50, retryAfterMs: 5000 }));
    expect(chip()).toHaveAttribute('data-status', 'reconnecting');
    expect(chip()).toHaveAttribute('data-reason', 'TENANT_CONNECTION_LIMIT');
    expect(screen.getByTestId('connection-note')).toHaveTextContent('egyszerre 50 képernyő');
    await page.pass(5000);
    await page.settle(() => page.server.link.refuse('TENANT_CONNECTION_LIMIT'));
    expect(screen.getByTestId('connection-note')).toHaveTextContent('Minden hely foglalt.');
  });

  it('explains the limit of a user, with the number', async () => {
    await page.open(<Everything />, { greet: false });
    await page.settle(() => page.server.link.refuse('USER_CONNECTION_LIMIT', { limit: 3, retryAfterMs: 5000 }));
    expect(chip()).toHaveAttribute('data-reason', 'USER_CONNECTION_LIMIT');
    expect(screen.getByTestId('connection-note')).toHaveTextContent('egyszerre 3 képernyő');
    await page.pass(5000);
    await page.settle(() => page.server.link.refuse('USER_CONNECTION_LIMIT'));
    expect(screen.getByTestId('connection-note')).toHaveTextContent('túl sok képernyő van nyitva');
  });

  it('closed by an administrator it stays signed in and connects when asked', async () => {
    await page.open(<Everything />);
    await page.settle(() => {
      page.server.link.emit('goodbye', { code: 'CLOSED_BY_ADMIN', reconnect: false, retryAfterMs: null });
      page.server.link.disconnect();
    });
    await page.pass(60_000);
    expect(page.server.dials).toBe(1);
    expect(chip()).toHaveAttribute('data-status', 'disconnected');
    expect(screen.getByTestId('connection-note')).toHaveTextContent('Az adminisztrátor bontotta');
    await page.settle(() => fireEvent.click(screen.getByTestId('reconnect-now')));
    await page.settle(() => page.server.link.welcome());
    expect(chip()).toHaveAttribute('data-status', 'connected');
  });

  it('says that the server refuses this address, instead of reconnecting for ever', async () => {
    const { answer } = page;
    page.answer = (asked) => (asked.path === '/socket.io/' ? new Problem(403, 'FORBIDDEN') : answer(asked));
    page.server.mode = 'refuse';
    await page.open(<Everything />, { greet: false });
    await page.pass(3300);
    await page.settle();
    expect(chip()).toHaveAttribute('data-status', 'disconnected');
    expect(chip()).toHaveAttribute('data-reason', 'ORIGIN_REFUSED');
    expect(screen.getByTestId('connection-note')).toHaveTextContent(`nem enged csatlakozni: ${location.origin}`);
    await page.pass(120_000);
    expect(page.server.dials).toBe(2);
  });

  it('tells how long the last delivery took', async () => {
    page.server.onMessage = (_link, name, _args, ack) => {
      if (name === 'clock') ack?.({ serverTime: new Date().toISOString() });
    };
    await page.open(<Everything />);
    await page.pass(4000);
    const written = new Date(Date.now() - 8).toISOString();
    await page.settle(() => ring({ ...make('rental_created', 'r1'), timestamp: written }));
    expect(screen.getByTestId('delivery-ms')).toHaveTextContent('8 ms');
  });

  it('speaks English when asked', async () => {
    await chooseLanguage('en');
    await page.open(<Everything />);
    expect(chip()).toHaveTextContent('Connected');
  });
});

describe('the end of a session', () => {
  it('asks the cookie, and the page learns that it is over', async () => {
    await page.open(<Everything />);
    page.refresh = new Problem(401, 'UNAUTHENTICATED');
    await page.settle(() => {
      page.server.link.emit('goodbye', { code: 'LOGGED_OUT', reconnect: false, retryAfterMs: 0 });
      page.server.link.disconnect();
    });
    expect(screen.getByTestId('signed-out')).toBeInTheDocument();
    expect(page.server.open).toHaveLength(0);
  });

  it('connects anew when the cookie still holds a session', async () => {
    await page.open(<Everything />);
    await page.settle(() => {
      page.server.link.emit('goodbye', { code: 'LOGGED_OUT', reconnect: false, retryAfterMs: 0 });
      page.server.link.disconnect();
    });
    await page.settle();
    expect(page.server.managers).toBe(2);
    await page.settle(() => page.server.link.welcome());
    expect(chip()).toHaveAttribute('data-status', 'connected');
  });

  it('"Újra most" asks again when nobody answered', async () => {
    await page.open(<Everything />);
    page.refresh = new Problem(503, 'UNAVAILABLE');
    await page.settle(() => {
      page.server.link.emit('goodbye', { code: 'USER_DISABLED', reconnect: false, retryAfterMs: 0 });
      page.server.link.disconnect();
    });
    expect(chip()).toHaveAttribute('data-status', 'disconnected');
    expect(screen.getByTestId('connection-note')).toHaveTextContent('letiltották');
    page.refresh = 'ok';
    await page.settle(() => fireEvent.click(screen.getByTestId('reconnect-now')));
    await page.settle();
    await page.settle(() => page.server.link.welcome());
    expect(chip()).toHaveAttribute('data-status', 'connected');
  });

  it('renews a token that ran out without a word to the user', async () => {
    const renewed = vi.spyOn(session, 'refresh');
    await page.open(<Everything />, { greet: false });
    renewed.mockClear();
    vi.spyOn(session, 'accessToken').mockReturnValue(jwt(Date.now() + 900_000));
    await page.settle(() => page.server.link.refuse('TOKEN_EXPIRED'));
    await page.settle();
    expect(renewed).toHaveBeenCalledOnce();
    expect(page.server.dials).toBe(2);
  });
});

describe('a password that must be changed', () => {
  it('is known by the refusal of the connection, and no try follows', async () => {
    await page.open(<Everything />, { greet: false });
    await page.settle(() => page.server.link.refuse('PASSWORD_CHANGE_REQUIRED'));
    expect(session.state()).toMatchObject({ status: 'signed-in', user: { passwordChangeRequired: true } });
    await page.pass(120_000);
    expect(page.server.dials).toBe(1);
  });
});

describe('toasts', () => {
  it("say the story's sentences, in the story's colours, with a link", async () => {
    await page.open(<Everything />);
    await page.settle(() => {
      ring(
        make('stock_alert', 's1', {
          productName: 'Makita HR2470',
          severity: 'CRITICAL',
          locationName: 'Váci út',
          currentQuantity: 0,
          threshold: 3,
        }),
      );
      ring(make('payment_error', 'p1', { errorMessage: 'Nincs elég fedezet', errorCode: 'iso:51' }));
      ring(make('rental_created', 'r1', { partnerName: 'Béta Bau Bt.', equipmentCount: 3 }));
    });
    await page.settle();
    expect(toasts().map((each) => [each.dataset.kind, each.dataset.eventId])).toEqual([
      ['warning', 's1'],
      ['error', 'p1'],
      ['success', 'r1'],
    ]);
    const [stock, payment, rental] = toasts();
    expect(stock).toHaveTextContent('Kritikus készlethiány: Makita HR2470');
    expect(stock).toHaveTextContent('Váci út · 0 / 3 db · elfogyott, ne ígérje ki');
    expect(payment).toHaveTextContent('Fizetési hiba: Nincs elég fedezet');
    expect(payment).toHaveTextContent('kérjen másik kártyát');
    expect(rental).toHaveTextContent('Új bérlés: Béta Bau Bt. - 3 tétel');
    expect(within(toast(0)).getByRole('link')).toHaveAttribute('href', expect.stringContaining('/stock?'));
  });

  it('tell of a sign-in from a new device, and lead to the account', async () => {
    await page.open(<Everything />);
    await page.settle(() =>
      page.server.link.emit('new_login', { device: 'Firefox, Linux', at: '2026-02-04T10:42:00.000Z' }),
    );
    expect(toasts()).toHaveLength(1);
    expect(toasts()[0]).toHaveTextContent('Új bejelentkezés: Firefox, Linux11:42 · Nem én voltam');
    expect(within(toasts()[0] ?? document.body).getByRole('link')).toHaveAttribute('href', '/account#sessions');
    expect(screen.queryByTestId('notification-badge')).toHaveAttribute('data-count', '4');
    await page.settle(() => page.server.link.emit('new_login', { device: '', at: '2026-02-04T10:43:00.000Z' }));
    expect(toasts()[1]).toHaveTextContent('Új bejelentkezés11:43');
  });

  it('announces errors at once and the rest politely', async () => {
    await page.open(<Everything />);
    await page.settle(() => {
      ring(make('payment_error', 'p1', { errorMessage: 'Lejárt a kártya' }));
      ring(make('rental_created', 'r1'));
    });
    await page.settle();
    const alerts = screen.getAllByRole('alert').map((alert) => alert.textContent);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toContain('Lejárt a kártya');
    const region = screen.getByRole('region', { name: 'Új események' });
    expect(region).toHaveAttribute('aria-live', 'polite');
    expect(within(region).getByText(/Új bérlés/)).toBeInTheDocument();
    expect(toasts()[0]).toHaveAttribute('aria-live', 'off');
  });

  it('leave after five seconds, but not under the pointer, with the focus or in a hidden tab', async () => {
    vi.stubGlobal('PointerEvent', Pointer);
    await page.open(<Everything />);
    await page.settle(() => ring(make('rental_created', 'r1')));
    const region = screen.getByRole('region', { name: 'Új események' });
    fireEvent.pointerEnter(region, { pointerType: 'mouse' });
    await page.pass(20_000);
    expect(toasts()).toHaveLength(1);
    fireEvent.pointerLeave(region, { pointerType: 'mouse' });
    act(() => screen.getByTestId('toast-close').focus());
    await page.pass(20_000);
    expect(toasts()).toHaveLength(1);
    act(() => screen.getByTestId('toast-close').blur());
    page.hide(true);
    await page.pass(20_000);
    expect(toasts()).toHaveLength(1);
    page.hide(false);
    await page.pass(5100);
    expect(toasts()).toHaveLength(0);
  });

  it('close by their button and by Escape', async () => {
    await page.open(<Everything />);
    await page.settle(() => {
      ring(make('rental_created', 'r1'));
      ring(make('rental_created', 'r2'));
    });
    await page.settle();
    fireEvent.click(within(toast(0)).getByTestId('toast-close'));
    await page.pass(100);
    expect(toasts().map((toast) => toast.dataset.eventId)).toEqual(['r2']);
    act(() => toast(0).focus());
    fireEvent.keyDown(toast(0), { key: 'Escape' });
    await page.pass(100);
    expect(toasts()).toHaveLength(0);
  });

  it('are three at most; the rest fold, and opening the panel clears them', async () => {
    await page.open(<Everything />);
    await page.settle(() => {
      for (const id of ['r1', 'r2', 'r3', 'r4', 'r5']) ring(make('rental_created', id));
    });
    await page.pass(100);
    expect(toasts()).toHaveLength(3);
    expect(screen.getByTestId('toast-more')).toHaveTextContent('＋2 további');
    await page.settle(() => ring(make('payment_error', 'p1')));
    await page.pass(100);
    expect(toasts().map((toast) => toast.dataset.kind)).toEqual(['success', 'success', 'error']);
    fireEvent.click(screen.getByTestId('toast-more'));
    await page.pass(500);
    expect(toasts()).toHaveLength(0);
    expect(screen.getByTestId('notification-panel')).toBeInTheDocument();
  });

  it('follow their link and leave', async () => {
    await page.open(<Everything />);
    await page.settle(() => ring(make('rental_created', 'r1')));
    fireEvent.click(within(toast(0)).getByRole('link'));
    await page.pass(100);
    expect(toasts()).toHaveLength(0);
  });

  it('are reported as seen, in a visible tab only', async () => {
    await page.open(<Everything />);
    page.hide(true);
    await page.settle(() => ring(make('rental_created', 'r1')));
    await page.pass(600);
    expect(page.server.link.messages('seen')).toEqual([]);
    page.hide(false);
    await page.pass(600);
    expect(page.server.link.messages('seen')).toEqual([[{ eventIds: ['r1'] }]]);
  });
});

describe('lists and badge', () => {
  it('the alert list is refreshed at once, the rest in one go', async () => {
    await page.open(<Everything />);
    const invalidated: string[] = [];
    const { client } = page;
    const original = client.invalidateQueries.bind(client);
    client.invalidateQueries = (filters, options) => {
      invalidated.push(JSON.stringify(filters?.queryKey ?? 'all'));
      return original(filters, options);
    };
    await page.settle(() => {
      ring(make('stock_alert', 's1'));
      ring(make('stock_alert', 's2'));
    });
    expect(invalidated).toEqual(['["dashboard-inventory","alerts"]']);
    await page.pass(300);
    expect(invalidated.sort()).toEqual([
      '["dashboard","summary"]',
      '["dashboard-inventory","alerts"]',
      '["dashboard-inventory","alerts"]',
      '["inventory","stock"]',
    ]);
  });

  it("the badge is the server's count plus what came after it", async () => {
    await page.open(<Everything />);
    expect(badge()).toBe('4');
    await page.settle(() => ring(make('rental_created', 'r1')));
    expect(badge()).toBe('5');
    expect(screen.getByTestId('notification-bell')).toHaveAccessibleName('Értesítések, 5 olvasatlan');
    await page.settle(() => page.server.link.emit('notifications', { unreadCount: 0, head: 'e1:m:11', version: 2 }));
    expect(badge()).toBe('0');
    await page.settle(() => page.server.link.emit('notifications', { unreadCount: 9, head: 'e1:m:11', version: 1 }));
    expect(badge()).toBe('0');
    for (let index = 0; index < 120; index += 1) ring(make('rental_created', `many-${index}`));
    await page.pass(100);
    expect(badge()).toBe('120');
    expect(screen.getByTestId('notification-badge')).toHaveTextContent('99+');
  });

  it('reloads the lists after a session that is not recovered, and not after one that is', async () => {
    await page.open(<Everything />);
    const count = () => page.requests('GET', '/notifications').length;
    const afterFirst = count();
    expect(afterFirst).toBeGreaterThan(1);
    await page.settle(() => page.server.link.cut());
    await page.pass(3000);
    await page.settle(() => page.server.link.welcome({ recovered: true }));
    expect(count()).toBe(afterFirst);
    await page.settle(() => page.server.link.cut());
    await page.pass(6000);
    await page.settle(() =>
      page.server.link.welcome({ recovered: false, gap: { reason: 'expired', missed: 2 } }, 'pid-2'),
    );
    expect(count()).toBe(afterFirst + 1);
  });

  it('asks for the count again when something was read meanwhile', async () => {
    await page.open(<Everything />);
    const before = page.requests('GET', '/notifications').length;
    await page.settle(() => page.server.link.cut());
    await page.pass(3000);
    await page.settle(() => page.server.link.welcome({ recovered: true, version: 5 }));
    expect(page.requests('GET', '/notifications').length).toBe(before + 1);
  });
});

describe('after an absence', () => {
  const away = async (replay: FeedEvent[], gap: { reason: 'overflow' | 'epoch'; missed: number | null } | null) => {
    await page.settle(() => page.server.link.cut());
    await page.pass(3000);
    const missed = gap?.missed ?? 0;
    number += missed;
    const from = number;
    await page.settle(() => {
      page.server.link.welcome({
        recovered: gap === null,
        replayed: replay.length,
        position: `e1:m:${from}`,
        head: `e1:m:${from + replay.length}`,
        gap,
      });
      for (const event of replay) ring(event);
    });
    await page.settle();
  };

  it('one digest, no toast, and the badge is right', async () => {
    await page.open(<Everything />);
    const minutes = (n: number) => new Date(Date.UTC(2026, 1, 4, 13, n)).toISOString();
    await away(
      [
        { ...make('stock_alert', 's1'), timestamp: minutes(2) },
        { ...make('rental_created', 'r1'), timestamp: minutes(4) },
        { ...make('payment_error', 'p1', { errorMessage: 'Lejárt a kártya' }), timestamp: minutes(5) },
        { ...make('rental_created', 'r2'), timestamp: minutes(6) },
      ],
      null,
    );
    const digest = screen.getByTestId('digest');
    expect(digest).toHaveAttribute('data-count', '4');
    expect(digest).toHaveTextContent('Amíg távol volt: 4 esemény');
    expect(digest).toHaveTextContent('4 esemény pótolva (14:02–14:06)');
    expect(digest).toHaveTextContent('1 fizetési hiba · 1 készletriasztás · 2 új bérlés');
    expect(
      within(digest)
        .getAllByRole('listitem')
        .map((row) => row.textContent)[0],
    ).toBe('Fizetési hiba: Lejárt a kártya');
    expect(digest).toHaveTextContent('és még 1');
    expect(toasts()).toHaveLength(0);
    expect(screen.queryByTestId('gap')).toBeNull();
    expect(badge()).toBe('8');
    await page.pass(600);
    expect(page.server.link.messages('seen')).toEqual([[{ eventIds: ['s1', 'r1', 'p1', 'r2'] }]]);
    fireEvent.click(within(digest).getByRole('button', { name: 'Bezárás' }));
    expect(screen.queryByTestId('digest')).toBeNull();
  });

  it('counts one as one in English', async () => {
    await chooseLanguage('en');
    await page.open(<Everything />);
    await away([make('stock_alert', 's1')], { reason: 'overflow', missed: 1 });
    expect(screen.getByTestId('digest')).toHaveTextContent(/^While you were away: 1 event1 event made up for/);
    expect(screen.getByTestId('gap')).toHaveTextContent('1 event did not fit');
    await page.pass(10_000);
    await away([make('stock_alert', 's2'), make('stock_alert', 's3')], null);
    expect(screen.getByTestId('digest')).toHaveTextContent(/^While you were away: 2 events2 events made up for/);
  });

  it('from one event up', async () => {
    await page.open(<Everything />);
    await away([make('stock_alert', 's1')], null);
    expect(screen.getByTestId('digest')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('digest')).toHaveTextContent(/1 esemény pótolva \(\d\d:\d\d\)/);
    fireEvent.click(within(screen.getByTestId('digest')).getByRole('button', { name: 'Megnézem' }));
    await page.pass(500);
    expect(screen.queryByTestId('digest')).toBeNull();
    expect(screen.getByTestId('notification-panel')).toBeInTheDocument();
  });

  it('tells what the replay could not bring', async () => {
    await page.open(<Everything />);
    await away([make('stock_alert', 's1')], { reason: 'overflow', missed: 10 });
    const gap = screen.getByTestId('gap');
    expect(gap).toHaveAttribute('data-reason', 'overflow');
    expect(gap).toHaveAttribute('data-missed', '10');
    expect(gap).toHaveTextContent('Hézag: a lista újratöltve');
    expect(gap).toHaveTextContent('10 esemény');
    fireEvent.click(within(gap).getByRole('button'));
    expect(screen.queryByTestId('gap')).toBeNull();
  });

  it('tells a gap that nobody can count, and counts anew', async () => {
    await page.open(<Everything />);
    page.answer = ({ path }) =>
      path === '/notifications'
        ? { items: [], unreadCount: 1, head: 'e2:m:1', version: 1, nextCursor: null }
        : { items: [], nextCursor: null };
    await away([], { reason: 'epoch', missed: null });
    expect(screen.getByTestId('gap')).toHaveAttribute('data-missed', '');
    expect(badge()).toBe('1');
  });

  it('tells a hole in the numbers', async () => {
    await page.open(<Everything />);
    number += 2;
    await page.settle(() => ring(make('rental_created', 'r1')));
    expect(screen.getByTestId('gap')).toHaveAttribute('data-reason', 'hole');
    expect(screen.getByTestId('gap')).toHaveAttribute('data-missed', '2');
  });
});

describe('notification panel', () => {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const items = () => [
    { ...make('stock_alert', 's1'), timestamp: at(12), readAt: null, claim: null },
    {
      ...make('payment_error', 'p1'),
      timestamp: at(20),
      readAt: null,
      claim: { eventId: 'p1', by: { id: 'u2', name: 'Nagy Béla' }, at: at(3) },
    },
    { ...make('rental_created', 'r1'), timestamp: at(60 * 24), readAt: at(5), claim: null },
  ];
  const list = (patch: object = {}) => ({
    items: items(),
    unreadCount: 2,
    head: `e1:m:${number}`,
    version: 1,
    nextCursor: null,
    ...patch,
  });
  const rows = () => screen.getAllByTestId('notification-item');
  const row = (index: number) => nth(rows(), index);

  const openPanel = async () => {
    await page.open(<Everything />);
    await page.settle(() => fireEvent.click(screen.getByTestId('notification-bell')));
    await page.settle();
  };

  beforeEach(() => {
    page.answer = ({ path }) => (path === '/notifications' ? list() : {});
  });

  it('lists by day, unread marked, who has it and what nobody has', async () => {
    await openPanel();
    expect(rows().map((row) => [row.dataset.eventId, row.dataset.type, row.dataset.unread ?? ''])).toEqual([
      ['s1', 'stock_alert', 'true'],
      ['p1', 'payment_error', 'true'],
      ['r1', 'rental_created', ''],
    ]);
    expect(screen.getAllByRole('heading', { level: 3 }).map((day) => day.textContent)).toEqual(['ma', 'tegnap']);
    expect(rows()[0]).toHaveTextContent('12 perce senki');
    expect(rows()[1]).toHaveTextContent('Nagy Béla intézi');
    expect(within(row(2)).queryByRole('button', { name: /Intézem/ })).toBeNull();
  });

  it('tells ages by the server’s clock on a device whose own is wrong', async () => {
    const ahead = 2 * 60 * 60_000;
    page.server.onMessage = (_link, name, _args, ack) => {
      if (name === 'clock') ack?.({ serverTime: new Date(Date.now() - ahead).toISOString() });
    };
    page.answer = ({ path }) =>
      path === '/notifications'
        ? list({
            items: [
              {
                ...make('stock_alert', 's1'),
                timestamp: new Date(Date.now() - ahead).toISOString(),
                readAt: null,
                claim: null,
              },
            ],
          })
        : {};
    await openPanel();
    await page.pass(4000);
    expect(row(0)).toHaveTextContent('most');
    await page.pass(60_000);
    expect(row(0)).toHaveTextContent('1 perce');
    expect(row(0)).not.toHaveTextContent('senki');
  });

  it('marks one read, all read, and reads by following', async () => {
    await openPanel();
    await page.settle(() => fireEvent.click(within(row(0)).getByRole('button', { name: /Olvasottnak jelölöm/ })));
    expect(page.requests('POST', '/notifications/read')[0]?.body).toEqual({ eventIds: ['s1'] });
    expect(rows()[0]).not.toHaveAttribute('data-unread');
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Mind olvasott' })));
    expect(page.requests('POST', '/notifications/read')[1]?.body).toEqual({ upTo: 's1' });
    expect(rows()[1]).not.toHaveAttribute('data-unread');
    await page.settle(() => page.server.link.emit('notifications', { unreadCount: 0, head: 'e1:m:10', version: 2 }));
    expect(screen.queryByRole('button', { name: 'Mind olvasott' })).toBeNull();
  });

  it("keeps the focus in the row whose button has gone, and counts in the tab's title", async () => {
    await openPanel();
    expect(document.title).toMatch(/^\(2\)/);
    const button = within(row(0)).getByRole('button', { name: /Olvasottnak jelölöm/ });
    act(() => button.focus());
    await page.settle(() => fireEvent.click(button));
    expect(button).not.toBeInTheDocument();
    expect(row(0)).toHaveFocus();
    await page.settle(() => page.server.link.emit('notifications', { unreadCount: 0, head: 'e1:m:10', version: 2 }));
    expect(document.title).not.toMatch(/\(/);
  });

  it('follows a row, reads it and leaves', async () => {
    await openPanel();
    await page.settle(() => fireEvent.click(within(row(0)).getByRole('link')));
    await page.pass(500);
    expect(page.requests('POST', '/notifications/read')[0]?.body).toEqual({ eventIds: ['s1'] });
    expect(screen.queryByTestId('notification-panel')).toBeNull();
  });

  it('asks for the count itself while not connected', async () => {
    await openPanel();
    await page.settle(() => page.server.link.cut());
    const before = page.requests('GET', '/notifications').length;
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Mind olvasott' })));
    await page.settle();
    expect(page.requests('GET', '/notifications').length).toBe(before + 1);
  });

  it('takes an event and gives it back', async () => {
    page.answer = ({ path, method }) => {
      if (path === '/notifications') return list();
      return method === 'POST'
        ? { eventId: 's1', by: { id: anna.id, name: anna.name }, at: at(0) }
        : { eventId: 's1', by: null, at: null };
    };
    await openPanel();
    await page.settle(() => fireEvent.click(within(row(0)).getByRole('button', { name: /^Intézem/ })));
    expect(page.requests('POST', '/notifications/s1/claim')).toHaveLength(1);
    expect(rows()[0]).toHaveTextContent('Ön intézi');
    await page.settle(() => fireEvent.click(within(row(0)).getByRole('button', { name: /^Elengedem/ })));
    expect(page.requests('DELETE', '/notifications/s1/claim')).toHaveLength(1);
    expect(within(row(0)).getByRole('button', { name: /^Intézem/ })).toBeInTheDocument();
  });

  it('says who was faster, live and by the refusal', async () => {
    page.answer = ({ path }) => (path === '/notifications' ? list() : new Problem(409, 'ALREADY_CLAIMED'));
    await openPanel();
    await page.settle(() => fireEvent.click(within(row(0)).getByRole('button', { name: /^Intézem/ })));
    expect(within(row(0)).getByRole('alert')).toHaveTextContent('Közben valaki más már intézi.');
    await page.settle(() =>
      page.server.link.emit('claim', { eventId: 's1', by: { id: 'u3', name: 'Tóth Éva' }, at: at(0) }),
    );
    expect(rows()[0]).toHaveTextContent('Tóth Éva intézi');
    await page.settle(() => page.server.link.emit('claim', { eventId: 's1', by: null, at: null }));
    expect(rows()[0]).not.toHaveTextContent('Tóth Éva intézi');
    expect(rows()[0]).toHaveTextContent('senki sem intézi');
  });

  it('a claim of an event that no row is of reads the failed payments again', async () => {
    let failure = failureOf({ eventId: 'p2' });
    page.answer = ({ path }) => (path === '/payments/failures' ? { items: [failure], nextCursor: null } : list());
    await page.open(<PaymentFailures />);
    const shown = screen.getByTestId('failure-row');
    expect(shown).not.toHaveTextContent('Tóth Éva');
    const claim = { eventId: 'p1', by: { id: 'u3', name: 'Tóth Éva' }, at: at(0) };
    failure = { ...failure, claim };
    await page.settle(() => page.server.link.emit('claim', claim));
    expect(shown).toHaveTextContent('Tóth Éva intézi');
  });

  it('a payment that fails again is the same row, and who took its earlier failure has it', async () => {
    let failure = failureOf({ eventId: 'p1' });
    const claim = { eventId: 'p1', by: { id: anna.id, name: anna.name }, at: at(0) };
    let answer: () => void = () => undefined;
    page.answer = ({ path }) => {
      if (path.endsWith('/claim')) return new Promise((resolve) => (answer = () => resolve(claim)));
      return path === '/payments/failures' ? { items: [failure], nextCursor: null } : list();
    };
    await page.open(<PaymentFailures />);
    const shown = screen.getByTestId('failure-row');
    const take = screen.getByRole('button', { name: /^Intézem/ });
    fireEvent.focus(take);
    await page.settle(() => fireEvent.click(take));
    // It fails again, and the page reads that before the claim is made.
    failure = failureOf({ eventId: 'p2' });
    await page.settle(() => void page.client.invalidateQueries({ queryKey: ['payments'] }));
    expect(screen.getAllByTestId('failure-row')).toEqual([shown]);
    expect(shown).not.toHaveAttribute('data-gone');
    failure = { ...failure, claim };
    await page.settle(answer);
    expect(shown).toHaveAttribute('data-event-id', 'p2');
    expect(shown).toHaveTextContent('Ön intézi');
  });

  it('puts a live event on top', async () => {
    await openPanel();
    await page.settle(() => ring(make('rental_created', 'r9')));
    expect(rows()[0]?.dataset.eventId).toBe('r9');
    expect(rows()[0]).toHaveAttribute('data-unread');
  });

  it('an event that overtakes the answer with the list does not fall out of it', async () => {
    // Two answers of before the event, which the page gets after it.
    const early = list();
    const answers: ((body: object) => void)[] = [];
    await openPanel();
    page.answer = ({ path }) => (path === '/notifications' ? new Promise((resolve) => answers.push(resolve)) : {});
    await page.settle(() => void page.client.invalidateQueries({ queryKey: ['notifications', 'list'] }));
    await page.settle(() => {
      ring(make('payment_error', 'p9'));
      page.server.link.emit('claim', { eventId: 's1', by: { id: 'u3', name: 'Tóth Éva' }, at: at(0) });
    });
    page.answer = ({ path }) =>
      path === '/notifications'
        ? list({
            items: [
              { ...make('payment_error', 'p9'), readAt: null, claim: null },
              ...items().map((each) =>
                each.eventId === 's1'
                  ? { ...each, claim: { eventId: 's1', by: { id: 'u3', name: 'Tóth Éva' }, at: at(0) } }
                  : each,
              ),
            ],
          })
        : {};
    await page.settle(() => answers.forEach((answer) => answer(early)));
    await page.pass(1000);
    expect(rows().map((row) => row.dataset.eventId)).toEqual(['p9', 's1', 'p1', 'r1']);
    expect(row(1)).toHaveTextContent('Tóth Éva intézi');
  });

  it('reads what is filtered and nothing else, as its button says, until the server has no more', async () => {
    let more = true;
    page.answer = ({ path, search }) => {
      if (path === '/notifications/read') {
        const answer = { unreadCount: 1, version: 2, more };
        more = false;
        return answer;
      }
      if (path !== '/notifications') return {};
      const type = search.get('type');
      return list({ items: items().filter((each) => type === null || each.type === type) });
    };
    await openPanel();
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Fizetési hiba' })));
    await page.settle();
    expect(rows().map((each) => each.dataset.eventId)).toEqual(['p1']);
    expect(screen.queryByRole('button', { name: 'Mind olvasott' })).toBeNull();
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'A szűrtek olvasottak' })));
    await page.settle();
    const body = { filter: { type: 'payment_error' } };
    expect(page.requests('POST', '/notifications/read').map((each) => each.body)).toEqual([body, body]);
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Mind' })));
    await page.settle();
    expect(rows().find((each) => each.dataset.eventId === 's1')).toHaveAttribute('data-unread');
  });

  it('the arrows go from row to row', async () => {
    await openPanel();
    const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
    act(() => within(row(0)).getByRole('link').focus());
    press('ArrowDown');
    expect(row(1)).toContainElement(document.activeElement as HTMLElement);
    press('ArrowUp');
    press('ArrowUp');
    expect(row(0)).toContainElement(document.activeElement as HTMLElement);
  });

  it('filters by type and by what is unread', async () => {
    await openPanel();
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Fizetési hiba' })));
    expect(page.asked.at(-1)?.search.get('type')).toBe('payment_error');
    page.answer = () => list({ items: [] });
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Olvasatlan' })));
    await page.settle();
    expect(page.asked.at(-1)?.search.get('type')).toBe('payment_error');
    expect(page.asked.at(-1)?.search.get('unread')).toBe('true');
    expect(screen.getByText('Nincs ilyen értesítés')).toBeInTheDocument();
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Fizetési hiba' })));
    await page.settle();
    expect(page.asked.at(-1)?.search.get('type')).toBeNull();
    expect(screen.getByText('Mindent látott')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Mind olvasott' })).toBeNull();
  });

  it('says that a failed payment is resolved, and asks nobody to deal with it any more', async () => {
    page.answer = ({ path }) =>
      path === '/notifications'
        ? list({
            items: [
              { ...make('payment_error', 'p1'), timestamp: at(12), readAt: null, claim: null, resolvedAt: at(2) },
              { ...make('payment_error', 'p0'), timestamp: at(13), readAt: null, claim: null, resolvedAt: null },
            ],
          })
        : {};
    await openPanel();
    expect(row(0)).toHaveTextContent('Rendeződött');
    expect(row(0)).not.toHaveTextContent(/senki|kérjen/);
    expect(within(row(0)).queryByRole('button', { name: /Intézem/ })).toBeNull();
    expect(row(1)).not.toHaveTextContent('Rendeződött');
    expect(row(1)).toHaveTextContent('13 perce senki');
    expect(within(row(1)).getByRole('button', { name: /Intézem/ })).toBeInTheDocument();
  });

  it('leaves out what is about another location, live too, and reads what it lists', async () => {
    const here = [{ ...make('stock_alert', 's1', { locationId: 'vaci' }), readAt: null, claim: null }];
    page.answer = ({ path }) =>
      path === '/notifications' ? list({ items: [...here], locationUnreadCount: 2 + here.length }) : {};
    await page.open(<Listed locationId="vaci" />);
    await page.settle();
    expect(page.requests('GET', '/notifications').at(-1)?.search.get('locationId')).toBe('vaci');
    expect(screen.getByText('3 olvasatlan')).toBeInTheDocument();
    const arrive = (event: FeedEvent) => {
      here.unshift({ ...event, readAt: null, claim: null });
      ring(event);
    };
    await page.settle(() => {
      ring(make('stock_alert', 's2', { locationId: 'kelenfold' }));
      arrive(make('stock_alert', 's3', { locationId: 'vaci' }));
    });
    expect(rows().map((each) => each.dataset.eventId)).toEqual(['s3', 's1']);
    expect(screen.getByText('4 olvasatlan')).toBeInTheDocument();
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'A szűrtek olvasottak' })));
    expect(page.requests('POST', '/notifications/read')[0]?.body).toEqual({ filter: { locationId: 'vaci' } });
  });

  it('asks the server which rentals and failed payments are about a location, once for many', async () => {
    const here: object[] = [];
    page.answer = ({ path }) =>
      path === '/notifications' ? list({ items: [...here], locationUnreadCount: here.length }) : {};
    await page.open(<Listed locationId="vaci" />);
    await page.settle();
    const asked = () => page.requests('GET', '/notifications').filter(({ search }) => search.get('locationId')).length;
    const before = asked();
    await page.settle(() => ring(make('stock_alert', 's2', { locationId: 'kelenfold' })));
    await page.pass(2000);
    expect(asked()).toBe(before);
    await page.settle(() => {
      for (let each = 1; each <= 100; each += 1) {
        const event = make(each % 2 === 0 ? 'rental_created' : 'payment_error', `e${each}`);
        if (each > 97) here.unshift({ ...event, readAt: null, claim: null });
        ring(event);
      }
    });
    await page.pass(2000);
    expect(rows().map((each) => each.dataset.eventId)).toEqual(['e100', 'e99', 'e98']);
    expect(screen.getByText('3 olvasatlan')).toBeInTheDocument();
    expect(asked() - before).toBeLessThanOrEqual(3);
  });

  it('brings earlier ones on demand', async () => {
    page.answer = ({ path, search }) => {
      if (path !== '/notifications') return {};
      if (search.get('cursor') === 'c1')
        return list({
          items: [{ ...make('rental_created', 'old'), timestamp: at(60 * 24 * 3), readAt: at(1), claim: null }],
        });
      return list({ nextCursor: 'c1' });
    };
    await openPanel();
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Korábbiak' })));
    await page.settle();
    expect(rows().at(-1)?.dataset.eventId).toBe('old');
    expect(screen.queryByRole('button', { name: 'Korábbiak' })).toBeNull();
  });

  it('says what will appear, and offers a retry', async () => {
    page.answer = () => new Problem(403, 'FORBIDDEN');
    await openPanel();
    expect(screen.getByRole('alert')).toHaveTextContent('Nem sikerült betölteni');
    page.answer = () => list({ items: [] });
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Újra' })));
    await page.settle();
    expect(screen.getByText('Még nincs értesítés')).toBeInTheDocument();
  });

  it('on its own page, and an operator is not offered what he cannot see', async () => {
    page.user = { ...anna, id: 'u9', role: 'OPERATOR' };
    page.answer = () => list({ items: [] });
    await page.open(<Listed />);
    await page.settle();
    expect(screen.queryByRole('button', { name: 'Fizetési hiba' })).toBeNull();
    expect(screen.getByText('Amint fogy a készlet, itt jelenik meg.')).toBeInTheDocument();
  });

  it('rows scrolled into sight are reported as seen', async () => {
    const observers: { run: IntersectionObserverCallback; element: Element }[] = [];
    vi.stubGlobal(
      'IntersectionObserver',
      class {
        constructor(readonly run: IntersectionObserverCallback) {}
        observe(element: Element) {
          observers.push({ run: this.run, element });
        }
        disconnect() {
          return undefined;
        }
      },
    );
    await page.open(<Listed />);
    await page.settle();
    const row = observers.find(({ element }) => (element as HTMLElement).dataset.eventId === 'p1');
    act(() => row?.run([{ isIntersecting: true } as IntersectionObserverEntry], {} as IntersectionObserver));
    await page.pass(600);
    expect(page.server.link.messages('seen')).toEqual([[{ eventIds: ['p1'] }]]);
  });
});
