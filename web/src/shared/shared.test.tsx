import { act, fireEvent, render, renderHook, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useIdempotencyKey } from '../api/idempotency-key';
import { useClock, useNow } from './clock';
import searchCases from '../../../contract/search-keys.json';
import { explainDecline } from '../domain/declines/decline';
import { errorSentence } from './error-sentence';
import {
  addDays,
  daysBetween,
  endOfDay,
  formatAgo,
  formatDate,
  formatDay,
  formatMoney,
  formatTime,
  toDateField,
} from './format';
import { ApiError } from './http';
import { useListInteraction } from './list-interaction';
import { chooseLanguage, messageOf, translator, useLanguage } from './i18n/i18n';
import { matchesSearch, normalizeSearch } from './normalize-search';
import { mergeRows, useStableRows } from './stable-rows';
import { wholeNumber } from './ui/step-input';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('figures and dates, as a shop writes them', () => {
  const now = new Date('2026-11-23T14:05:00+01:00');

  it('groups forints and puts the sign behind', () => {
    expect(plain(formatMoney(1_234_567, 'hu'))).toBe('1 234 567 Ft');
    expect(plain(formatMoney(4000, 'hu'))).toBe('4 000 Ft');
    expect(plain(formatMoney(18_900, 'en'))).toBe('18,900 Ft');
    expect(plain(formatMoney(5, 'en', 'EUR'))).toBe('5 EUR');
  });

  it('formats ages', () => {
    const ago = (ms: number, language: 'hu' | 'en' = 'hu') => formatAgo(new Date(now.getTime() - ms), language, now);
    expect(ago(30_000)).toBe('most');
    expect(ago(-5_000)).toBe('most');
    expect(ago(4 * 60_000)).toBe('4 perce');
    expect(ago(2 * 3_600_000)).toBe('2 órája');
    expect(ago(3 * 86_400_000)).toBe('3 napja');
    expect(ago(20 * 86_400_000)).toBe('nov. 3.');
    expect([
      ago(1000, 'en'),
      ago(60_000, 'en'),
      ago(3_600_000, 'en'),
      ago(86_400_000, 'en'),
      ago(172_800_000, 'en'),
    ]).toEqual(['now', '1 min ago', '1 h ago', '1 day ago', '2 days ago']);
  });

  it('names days', () => {
    expect(formatDay(new Date('2026-11-23T00:01:00+01:00'), 'hu', now)).toBe('ma');
    expect(formatDay(new Date('2026-11-24T23:00:00+01:00'), 'hu', now)).toBe('holnap');
    expect(formatDay(new Date('2026-11-22T00:00:00+01:00'), 'en', now)).toBe('yesterday');
    expect(formatDay('2026-11-26T12:00:00Z', 'hu', now)).toBe('nov. 26.');
    expect(formatDate(new Date('2027-01-02T00:00:00+01:00'), 'hu', now)).toContain('2027');
    expect(daysBetween(new Date('2026-10-24T23:00:00+02:00'), new Date('2026-10-26T01:00:00+01:00'))).toBe(2);
  });

  it('formats times and days of the shop, wherever the browser is', () => {
    // The tests' own zone is another one, so that a slip into it is seen.
    expect(new Date('2026-11-23T12:00:00Z').getTimezoneOffset()).toBe(300);
    expect(formatTime('2026-01-01T08:05:00Z', 'hu')).toBe('09:05');
    expect(formatTime('2026-07-01T22:30:00Z', 'en')).toBe('00:30');
    expect(formatDay('2026-11-23T23:30:00Z', 'hu', now)).toBe('holnap');
    expect(formatDate('2026-12-31T23:30:00Z', 'hu', now)).toContain('2027');
  });

  it('reads and writes date fields in the shop’s days, over changes of the clock too', () => {
    expect(toDateField(new Date('2026-01-04T23:30:00Z'))).toBe('2026-01-05');
    expect(endOfDay('2026-01-05')).toBe('2026-01-05T22:59:00.000Z');
    expect(endOfDay('2026-07-05')).toBe('2026-07-05T21:59:00.000Z');
    expect(endOfDay('2026-03-29')).toBe('2026-03-29T21:59:00.000Z');
    expect(endOfDay('2026-10-25')).toBe('2026-10-25T22:59:00.000Z');
    expect(endOfDay('5.1.2026')).toBeNull();
    expect(toDateField(addDays(new Date('2026-10-24T21:30:00Z'), 2))).toBe('2026-10-26');
    expect(toDateField(addDays(new Date('2026-03-28T23:30:00Z'), 1))).toBe('2026-03-30');
  });

  it.each(searchCases)('searches as the server does: $about', ({ text, key }) => {
    expect(normalizeSearch(text)).toBe(key);
    expect(matchesSearch(text, key)).toBe(true);
  });

  it('reads whole numbers only', () => {
    expect(['1', ' -3 ', '+4', '−2', '', 'x', '1.5', '1e3', '99999999999'].map(wholeNumber)).toEqual([
      1,
      -3,
      4,
      -2,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('messages', () => {
  it('follows the chosen language, also for a key made at run time', async () => {
    const { result } = renderHook(() => useLanguage());
    expect(result.current).toBe('hu');
    expect(messageOf('page', 'method.CASH')).toBe('Készpénz');
    expect(messageOf('page', 'method.BARTER')).toBeUndefined();
    await act(() => chooseLanguage('en'));
    expect(result.current).toBe('en');
    expect(messageOf('page', 'dashboard.failuresMore', { n: 3 })).toBe('3 more');
    expect(messageOf('page', 'method.CASH')).toBe('Cash');
    expect(messageOf('page', 'method.CASH', { language: 'hu' })).toBe('Készpénz');
    await act(() => chooseLanguage('hu'));
  });

  it('counts, fills in values, and knows only keys of its catalogues', async () => {
    const hu = translator('hu', 'page');
    expect(hu('common.items', { count: 1 })).toBe('1 tétel');
    await act(() => chooseLanguage('en'));
    const en = translator('en', 'page');
    expect([0, 1, 2].map((count) => en('common.items', { count }))).toEqual(['0 items', '1 item', '2 items']);
    expect(messageOf('page', 'common')).toBeUndefined();
    expect(messageOf('page', 'constructor.name')).toBeUndefined();
    await act(() => chooseLanguage('hu'));
  });

  it('shows the language that was chosen last, whichever is loaded first', async () => {
    const { result } = renderHook(() => useLanguage());
    await act(() => Promise.all([chooseLanguage('en'), chooseLanguage('hu')]));
    expect(result.current).toBe('hu');
    expect(document.documentElement.lang).toBe('hu');
  });

  it('turns any error into a sentence', () => {
    expect(errorSentence(new ApiError(409, 'ALREADY_CLAIMED', 'x'), translator('hu', 'page'))).toBe(
      'Közben valaki más már intézi.',
    );
    expect(errorSentence(new ApiError(500, 'HTTP_500', 'x'), translator('hu', 'page'))).toContain('HTTP_500');
    expect(errorSentence(new TypeError('bug'), translator('hu', 'page'))).toContain('PAGE');
  });

  it('explains a decline by its table, never by its bare number', async () => {
    // The English sentences come with the language.
    await act(() => chooseLanguage('en'));
    expect(explainDecline('ipc:13', null, 'hu').meaning).toBe('Nincs elég fedezet a kártyán');
    expect(explainDecline('iso:13', null, 'hu').meaning).not.toContain('fedezet');
    expect(explainDecline('iso:43', null, 'hu').next).toMatch(/^ne vegye el a kártyát/);
    expect(explainDecline('ipc:99', null, 'en')).toMatchObject({ next: 'try again', retry: true });
    expect(explainDecline('sandbox:timeout', null, 'hu', 'PENDING')).toMatchObject({
      next: 'előbb nézze meg a Fizetések oldalon, átment-e',
      retry: false,
    });
    expect(explainDecline('sandbox:timeout', null, 'hu')).toMatchObject({ retry: false });
    expect(explainDecline('sandbox:timeout', null, 'hu', 'DECLINED')).toMatchObject({
      next: 'próbálja újra',
      retry: true,
    });
    expect(explainDecline('13', 'A terminál szava', 'hu').meaning).toBe('A terminál szava');
    expect(explainDecline(null, '', 'en').meaning).toBe('The payment failed');
    expect(explainDecline(undefined, undefined, 'hu').meaning).toBe('Sikertelen fizetés');
    await act(() => chooseLanguage('hu'));
  });
});

describe('stable rows', () => {
  const keyOf = (row: { id: string; n: number }) => row.id;
  const signatureOf = (row: { id: string; n: number }) => String(row.n);
  const shown = (rows: { id: string; n: number }[]) =>
    rows.map((row) => ({ key: row.id, row, gone: false, changes: 0 }));

  it('keeps the order while frozen, counts changes, adds new rows at the end', () => {
    const next = mergeRows(
      shown([
        { id: 'a', n: 1 },
        { id: 'b', n: 1 },
      ]),
      [
        { id: 'c', n: 1 },
        { id: 'b', n: 2 },
      ],
      keyOf,
      signatureOf,
      true,
    );
    expect(next.map(({ key, gone, changes }) => [key, gone, changes])).toEqual([
      ['a', true, 0],
      ['b', false, 1],
      ['c', false, 1],
    ]);
    expect(
      mergeRows(
        next,
        [
          { id: 'c', n: 1 },
          { id: 'b', n: 2 },
        ],
        keyOf,
        signatureOf,
        false,
      ).map(({ key, changes }) => [key, changes]),
    ).toEqual([
      ['c', 1],
      ['b', 1],
    ]);
  });

  it('updates the order once it is no longer frozen, and counts no change at first', () => {
    const first = [{ id: 'a', n: 1 }];
    const { result, rerender } = renderHook(({ rows, frozen }) => useStableRows(rows, keyOf, signatureOf, frozen), {
      initialProps: { rows: undefined as { id: string; n: number }[] | undefined, frozen: false },
    });
    expect(result.current).toEqual([]);
    rerender({ rows: first, frozen: false });
    expect(result.current.map(({ changes }) => changes)).toEqual([0]);
    const second = [
      { id: 'b', n: 1 },
      { id: 'a', n: 1 },
    ];
    rerender({ rows: first, frozen: true });
    rerender({ rows: second, frozen: true });
    expect(result.current.map(({ key }) => key)).toEqual(['a', 'b']);
    rerender({ rows: second, frozen: false });
    expect(result.current.map(({ key }) => key)).toEqual(['b', 'a']);
  });
});

describe('list interaction', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function List() {
    const { interacting, handlers } = useListInteraction();
    return (
      <ul {...handlers} data-interacting={interacting}>
        <li>
          <button type="button">Intézem</button>
        </li>
      </ul>
    );
  }

  it('ends after a resting pointer and after focus that a tap left behind', () => {
    const view = render(<List />);
    const interacting = () => screen.getByRole('list').dataset.interacting;
    fireEvent.focus(screen.getByRole('button'));
    expect(interacting()).toBe('true');
    act(() => void vi.advanceTimersByTime(19_000));
    fireEvent.keyDown(screen.getByRole('button'), { key: 'Tab' });
    act(() => void vi.advanceTimersByTime(19_000));
    expect(interacting()).toBe('true');
    act(() => void vi.advanceTimersByTime(1000));
    expect(interacting()).toBe('false');
    fireEvent.keyDown(screen.getByRole('button'), { key: 'Tab' });
    expect(interacting()).toBe('true');
    fireEvent.blur(screen.getByRole('button'));
    expect(interacting()).toBe('false');
    fireEvent.focus(screen.getByRole('button'));
    view.unmount();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('idempotency keys', () => {
  it('keeps the key until a conclusive answer or other content', () => {
    const { result } = renderHook(() => useIdempotencyKey());
    const { keyFor, conclude } = result.current;
    const first = keyFor({ a: 1 });
    expect(keyFor({ a: 1 })).toBe(first);
    for (const open of [
      new ApiError(0, 'UNREACHABLE', ''),
      new ApiError(503, 'UNAVAILABLE', ''),
      new ApiError(409, 'IDEMPOTENCY_IN_PROGRESS', ''),
      new ApiError(429, 'RATE_LIMITED', ''),
      new TypeError('x'),
    ]) {
      conclude(open);
      expect(keyFor({ a: 1 })).toBe(first);
    }
    conclude(new ApiError(402, 'PAYMENT_DECLINED', ''));
    const second = keyFor({ a: 1 });
    expect(second).not.toBe(first);
    conclude(new ApiError(504, 'PAYMENT_TIMEOUT', ''));
    const third = keyFor({ a: 1 });
    expect(third).not.toBe(second);
    expect(keyFor({ a: 2 })).not.toBe(third);
    conclude();
    expect(keyFor({ a: 2 })).not.toBe(third);
    const empty = keyFor(undefined);
    expect(keyFor(undefined)).toBe(empty);
    expect(renderHook(() => useIdempotencyKey()).result.current.keyFor(undefined)).not.toBe(empty);
  });
});

describe('the page’s clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-23T14:00:00Z') }));
  afterEach(() => void vi.useRealTimers());

  function Face() {
    return <time>{useNow().toISOString().slice(11, 19)}</time>;
  }

  it('draws a row again only when its words are other ones', () => {
    let drawn = 0;
    function Row() {
      drawn += 1;
      return <p>{useClock((now) => formatAgo('2026-11-23T13:59:30Z', 'hu', now))}</p>;
    }
    render(<Row />);
    act(() => void vi.advanceTimersByTime(20_000));
    expect(drawn).toBe(1);
    act(() => void vi.advanceTimersByTime(20_000));
    expect(screen.getByText('1 perce')).toBeInTheDocument();
    expect(drawn).toBe(2);
  });

  it('moves on while somebody looks, and has no timer when nobody does', () => {
    const one = render(<Face />);
    const two = render(<Face />);
    expect(vi.getTimerCount()).toBe(1);
    act(() => void vi.advanceTimersByTime(20_000));
    expect(screen.getAllByText('14:00:20')).toHaveLength(2);
    one.unmount();
    expect(vi.getTimerCount()).toBe(1);
    two.unmount();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is right at once when a hidden tab, whose timers stood still, is looked at again', () => {
    render(<Face />);
    vi.setSystemTime(new Date('2026-11-23T16:30:00Z'));
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    expect(screen.getByText('16:30:00')).toBeInTheDocument();
  });
});
