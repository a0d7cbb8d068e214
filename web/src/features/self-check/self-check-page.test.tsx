import { fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Toasts } from '../../live/toasts';
import { chooseLanguage } from '../../shared/i18n/i18n';
import { anna, LivePage, Problem, type SeenRequest } from '../../test/live-page';
import { accessibilityProblems } from '../../test/render-page';
import { alertTrace } from './alert-trace';
import { SelfCheckPage } from './self-check-page';
import { readReadiness } from '../../api/self-check';

const isolation = {
  status: 'ok',
  millis: 0,
  rounds: 12,
  failures: 0,
  lastSuccess: '2026-02-04T13:09:00.000Z',
  checked: 1234,
  blocked: 0,
};
const ready = {
  status: 'ok',
  version: '1.2.3',
  dependencies: { database: { status: 'ok', millis: 0.25 }, redis: { status: 'ok', millis: 1 }, isolation },
};

let page: LivePage;
let readyz: unknown;
let me: unknown;
let asked: unknown;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-02-04T14:10:00+01:00').getTime() });
  vi.stubGlobal('isSecureContext', true);
  Object.defineProperty(navigator, 'locks', { value: {}, configurable: true });
  page = new LivePage();
  [readyz, me, asked] = [ready, anna, { id: 'alert-1', at: new Date().toISOString() }];
  page.answer = ({ path }: SeenRequest) => {
    if (path === '/readyz') return readyz;
    if (path === '/me') return me;
    if (path === '/self-check/alert') return asked;
    return { items: [], unreadCount: 4, head: 'e1:m:10', version: 1, nextCursor: null };
  };
  page.server.onMessage = (_, name, __, ack) => {
    if (name === 'clock') setTimeout(() => ack?.({ serverTime: new Date(Date.now() + clockAhead).toISOString() }), 0);
  };
});

let clockAhead = 0;

afterEach(async () => {
  clockAhead = 0;
  await page.close();
  vi.useRealTimers();
  await chooseLanguage('hu');
});

async function open(): Promise<void> {
  await page.open(
    <>
      <SelfCheckPage />
      <Toasts />
    </>,
  );
  await page.pass(20);
}

const check = () => screen.getByTestId('self-check');
const row = (id: string): HTMLElement => {
  const found = screen.getAllByTestId('self-check-row').find((each) => each.dataset.check === id);
  if (!found) throw new Error(`there is no row ${id}`);
  return found;
};
const result = () => screen.getByTestId('test-alert-result');

function arrive(id = 'alert-1'): Promise<void> {
  const at = new Date(Date.now() - 3).toISOString();
  return page.settle(() =>
    page.server.link.emit('test_alert', {
      id,
      at,
      sentAt: new Date(Date.now() - 1).toISOString(),
      by: { id: 'u1', name: 'Kovács Anna' },
    }),
  );
}

describe('self-check', () => {
  it('says in words and shapes that all is right', async () => {
    await open();
    expect(check()).toHaveAttribute('data-state', 'ok');
    expect(check()).toHaveTextContent('Minden rendben, a riasztások ide megérkeznek.');
    expect(row('user')).toHaveTextContent('Kovács Anna · Üzletvezető · Budapest Gépkölcsönző');
    expect(row('server')).toHaveTextContent(/1\.2\.3 verzió, válasz \d+ ms alatt/);
    expect(row('database')).toHaveTextContent('Elérhető, 0,3 ms');
    expect(row('redis')).toHaveTextContent('Elérhető, 1 ms');
    expect(row('isolation')).toHaveTextContent('1 234 kézbesítés ellenőrizve, 0 átlépés');
    expect(row('isolation')).toHaveTextContent('12 kör, utoljára 14:09:00');
    expect(row('connection')).toHaveTextContent('Csatlakozva 14:10:00 óta');
    expect(row('continuity')).toHaveTextContent('tenant:budapest:all, tenant:budapest:managers, hely: e1:m:10');
    expect(row('clock')).toHaveTextContent('0 mp eltérés a szervertől, oda-vissza 0 ms');
    expect(row('missed')).toHaveTextContent('Semmi');
    for (const each of screen.getAllByTestId('self-check-row')) {
      expect(each).toHaveAttribute('data-state', 'ok');
      expect(within(each).getByText('Rendben').querySelector('svg')).not.toBeNull();
    }
    vi.useRealTimers();
    expect(await accessibilityProblems(document.body)).toEqual([]);
  });

  it('in English too', async () => {
    await chooseLanguage('en');
    await open();
    expect(row('isolation')).toHaveTextContent('1,234 deliveries checked, 0 crossings');
    expect(screen.getByTestId('test-alert')).toHaveTextContent('Test alert');
  });

  it('says what is wrong with the server', async () => {
    readyz = {
      ...ready,
      status: 'down',
      dependencies: {
        database: { status: 'down', millis: 2000, detail: 'x' },
        isolation: { ...isolation, status: 'down' },
      },
    };
    await open();
    expect(check()).toHaveAttribute('data-state', 'bad');
    expect(row('database')).toHaveTextContent('Nem érhető el. Szóljon az üzemeltetőnek.');
    expect(row('database')).toHaveAttribute('data-state', 'bad');
    expect(row('isolation')).toHaveTextContent('A próbaesemény rossz helyre ért.');
    me = new Problem(503, 'UNAVAILABLE');
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Újramérés' })));
    await page.pass(20);
    expect(row('server')).toHaveAttribute('data-state', 'bad');
    expect(row('server')).toHaveTextContent('átmenetileg nem érhető el');
  });

  it('warns of a crossing that was stopped, and of a canary that does not sing', async () => {
    readyz = { ...ready, dependencies: { isolation: { ...isolation, blocked: 2 } } };
    await open();
    expect(row('isolation')).toHaveAttribute('data-state', 'warn');
    expect(row('isolation')).toHaveTextContent('2 átlépés');
    readyz = { ...ready, dependencies: { isolation: { ...isolation, rounds: 0, lastSuccess: null } } };
    await page.pass(15_100);
    expect(row('isolation')).toHaveTextContent('ki vannak kapcsolva');
    expect(row('isolation')).toHaveAttribute('data-state', 'warn');
    readyz = '<html>';
    await page.pass(15_100);
    expect(row('server')).toHaveTextContent('a szerver részeit innen nem lehet látni');
  });

  it('warns of a wrong clock and of what was missed, and knows when the connection is away', async () => {
    clockAhead = 70_000;
    await open();
    expect(row('clock')).toHaveAttribute('data-state', 'warn');
    expect(row('clock')).toHaveTextContent('70 mp eltérés');
    await page.settle(() => page.server.link.cut());
    expect(row('connection')).toHaveTextContent('Nincs kapcsolat, magától újrapróbálja');
    expect(check()).toHaveAttribute('data-state', 'warn');
    await page.pass(3500);
    await page.settle(() => page.server.link.welcome({ recovered: true }));
    expect(row('continuity')).toHaveTextContent('Folytatva, semmi sem maradt ki');
    expect(row('missed')).toHaveTextContent('1 újracsatlakozás, 0 esemény pótolva');
    await page.settle(() => page.server.link.cut());
    await page.pass(7000);
    await page.settle(() => page.server.link.welcome({ gap: { reason: 'overflow', missed: 12 } }));
    expect(row('missed')).toHaveAttribute('data-state', 'warn');
    expect(row('missed')).toHaveTextContent(/1 hézag, utoljára 14:10:\d\d: 12 esemény nem fért/);
    await page.settle(() =>
      page.server.link.emit('goodbye', { code: 'USER_DISABLED', reconnect: false, retryAfterMs: 0 }),
    );
    page.refresh = new Problem(503, 'UNAVAILABLE');
    await page.settle(() => page.server.link.disconnect());
    expect(row('connection')).toHaveAttribute('data-state', 'bad');
    expect(row('connection')).toHaveTextContent('Ezt a felhasználót letiltották.');
  });

  it('copies everything as text, without what lets anybody in', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true });
    await open();
    await page.settle(() => fireEvent.click(screen.getByTestId('self-check-copy')));
    expect(screen.getByText('Vágólapra másolva')).toBeInTheDocument();
    const [report] = writeText.mock.calls[0] as unknown as [string];
    expect(report).toMatch(/\[Rendben\] Elkülönítés: 1\s234 kézbesítés ellenőrizve, 0 átlépés/);
    expect(report).toContain('Próbariasztás: nem próbálta');
    expect(report).not.toContain('token-');
    writeText.mockRejectedValue(new Error('not here'));
    await page.settle(() => fireEvent.click(screen.getByTestId('self-check-copy')));
    expect(screen.getByRole<HTMLTextAreaElement>('textbox').value).toContain('[Rendben] Szerver');
  });
});

describe('test alert', () => {
  it('shows its way and a toast, and is not counted', async () => {
    await open();
    expect(result()).toBeEmptyDOMElement();
    const listed = page.requests('GET', '/notifications').length;
    await page.settle(() => fireEvent.click(screen.getByTestId('test-alert')));
    expect(page.requests('POST', '/self-check/alert')).toHaveLength(1);
    expect(result()).toHaveAttribute('data-state', 'waiting');
    await page.pass(12);
    await arrive();
    expect(result()).toHaveAttribute('data-state', 'arrived');
    expect(result()).toHaveTextContent('Megérkezett 12 ms alatt');
    expect(
      within(result())
        .getAllByRole('listitem')
        .map((each) => each.textContent.replace('\u00a0', ' ')),
    ).toEqual(['Kérve0 ms', 'Véglegesítve az adatbázisban9 ms', 'Elküldve erre a képernyőre11 ms', 'Ideért12 ms']);
    const toast = screen.getByTestId('toast');
    expect(toast).toHaveAttribute('data-kind', 'success');
    expect(toast).toHaveTextContent('Próbariasztás: 3 ms alatt ért ide');
    expect(page.requests('GET', '/notifications')).toHaveLength(listed);
  });

  it('of another device is a toast only', async () => {
    await open();
    await arrive('another');
    expect(screen.getByTestId('toast')).toHaveTextContent('Próbariasztás');
    expect(result()).toHaveAttribute('data-state', 'none');
  });

  it('may be here before the answer that names it', async () => {
    await open();
    await arrive();
    await page.settle(() => fireEvent.click(screen.getByTestId('test-alert')));
    expect(result()).toHaveAttribute('data-state', 'arrived');
  });

  it('says after five seconds what to do, and shows one that comes late', async () => {
    await open();
    await page.settle(() => fireEvent.click(screen.getByTestId('test-alert')));
    await page.pass(4900);
    expect(result()).toHaveAttribute('data-state', 'waiting');
    await page.pass(200);
    expect(result()).toHaveAttribute('data-state', 'late');
    expect(result()).toHaveTextContent('Töltse újra az oldalt');
    await page.settle(() => page.server.link.cut());
    expect(result()).toHaveTextContent('Az élő kapcsolat most nincs meg.');
    await page.pass(3500);
    await page.settle(() => page.server.link.welcome({ recovered: true }));
    await arrive();
    expect(result()).toHaveAttribute('data-state', 'arrived');
  });

  it('says when it may be tried again', async () => {
    await open();
    asked = new Problem(429, 'RATE_LIMITED');
    await page.settle(() => fireEvent.click(screen.getByTestId('test-alert')));
    expect(result()).toHaveAttribute('data-state', 'failed');
    expect(result()).toHaveTextContent('Túl sok kérés.');
  });
});

describe('the way of a test alert', () => {
  const alert = { at: new Date(1000).toISOString(), sentAt: new Date(1004).toISOString() };
  const clock = (offsetMs: number) => ({ offsetMs, roundTripMs: 2, at: 0 });

  it('is told by the server’s clock within this device’s whole', () => {
    expect(alertTrace(alert, 995, 1010, clock(0))).toEqual({ committed: 5, sent: 9, here: 15 });
    expect(alertTrace(alert, 70_995, 71_010, clock(-70_000))).toEqual({ committed: 5, sent: 9, here: 15 });
  });

  it('corrects a comparison that contradicts it', () => {
    expect(alertTrace(alert, 995, 1010, clock(40))).toEqual({ committed: 0, sent: 4, here: 15 });
    expect(alertTrace(alert, 995, 1010, clock(-40))).toEqual({ committed: 11, sent: 15, here: 15 });
  });

  it('stays in order when two nodes contradict each other, and says when it cannot tell', () => {
    const nodes = { at: alert.at, sentAt: new Date(5000).toISOString() };
    expect(alertTrace(nodes, 995, 1010, clock(0))).toEqual({ committed: 0, sent: 15, here: 15 });
    expect(alertTrace(alert, 995, 1010, null)).toEqual({ committed: null, sent: null, here: 15 });
    expect(alertTrace({ at: '', sentAt: '' }, 995, 1010, clock(0))).toEqual({ committed: null, sent: null, here: 15 });
  });
});

it('reads nothing into what is no readiness', () => {
  for (const value of [null, 'x', 7, {}, { status: 'ok' }, { status: 'ok', dependencies: null }])
    expect(readReadiness(value)).toBeNull();
  expect(readReadiness({ status: 'ok', dependencies: { database: null } })).toEqual({
    status: 'ok',
    version: '',
    parts: [{ name: 'database', ok: false, ms: 0 }],
    isolation: null,
  });
});
