import type { FeedEvent } from '@harang/react';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseLanguage } from '../shared/i18n/i18n';
import { countByType, eventEntry, eventTypes, showEvent } from './registry';

// The golden files that the server's tests read too.
const folder = resolve(import.meta.dirname, '../../../contract/events');
const golden = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(resolve(folder, name), 'utf8')) as FeedEvent);

const find = (type: string): FeedEvent => {
  const event = golden.find((each) => each.type === type);
  if (!event) throw new Error(`no golden file of ${type}`);
  return event;
};
const plain = (text: string) => text.replace(/\u00a0/g, ' ');

// The English sentences of payment errors come with the language.
beforeAll(() => chooseLanguage('en'));
afterAll(() => chooseLanguage('hu'));

describe('every golden event', () => {
  it('has a file, and every file has a golden event', () => {
    expect([...eventTypes].sort()).toEqual(golden.map(({ type }) => type).sort());
  });

  it.each(golden)('$type is said in both languages, with a link and what it touches', (event) => {
    for (const language of ['hu', 'en'] as const) {
      const shown = showEvent(event, language);
      expect(shown).toMatchObject({ eventId: event.eventId, timestamp: event.timestamp, type: event.type });
      expect(shown.link?.to).toMatch(/^\//);
      for (const sentence of [shown.title, shown.detail, shown.next]) {
        expect(sentence).not.toBe('');
        expect(sentence).not.toMatch(/undefined|NaN|!/);
      }
    }
    expect(eventEntry(event.type)?.touches.length).toBeGreaterThan(0);
  });

  it.each(golden)('$type with broken data is still shown, by its name', (event) => {
    for (const name of Object.keys(event.data as object)) {
      const broken = { ...event, data: { ...(event.data as object), [name]: null } };
      const shown = showEvent(broken, 'hu');
      if (name !== 'currency') expect(shown).toMatchObject({ title: event.type, link: null });
    }
  });
});

describe('the table that the server reads too', () => {
  interface Case {
    about: string;
    type: string;
    data: object;
    hu: object;
    en: object;
  }
  const cases = JSON.parse(readFileSync(resolve(folder, '../event-texts.json'), 'utf8')) as Case[];

  it.each(cases)('$type: $about', ({ type, data, hu, en }) => {
    const event = { eventId: 'e', timestamp: '2026-03-02T13:00:00.000Z', type, data };
    expect(showEvent(event, 'hu')).toMatchObject(hu);
    expect(showEvent(event, 'en')).toMatchObject(en);
  });
});

describe('the sentences of the story', () => {
  it('stock_alert', () => {
    const event = find('stock_alert');
    const data = event.data as Record<string, unknown>;
    const critical = showEvent(
      {
        ...event,
        data: {
          ...data,
          severity: 'CRITICAL',
          productName: 'Makita',
          currentQuantity: 0,
          threshold: 3,
          locationName: 'Váci út',
        },
      },
      'hu',
    );
    expect(critical).toMatchObject({
      kind: 'warning',
      title: 'Kritikus készlethiány: Makita',
      detail: 'Váci út · 0 / 3 db',
      next: 'elfogyott, ne ígérje ki',
    });
    const low = showEvent(
      { ...event, data: { ...data, severity: 'WARNING', productName: 'Makita', currentQuantity: 2 } },
      'hu',
    );
    expect(low).toMatchObject({ kind: 'warning', title: 'Alacsony készlet: Makita', next: 'rendeljen utánpótlást' });
    expect(showEvent({ ...event, data: { ...data, severity: 'WARNING', currentQuantity: 0 } }, 'en').title).toMatch(
      /^Low stock: /,
    );
    expect(eventEntry('stock_alert')?.touches[0]).toEqual(['dashboard-inventory', 'alerts']);
  });

  it('payment_error', () => {
    const event = find('payment_error');
    const data = {
      ...(event.data as object),
      errorCode: 'iso:51',
      errorMessage: 'Nincs elég fedezet',
      partnerName: 'Alfa Építő Kft.',
      amount: 18900,
    };
    const shown = showEvent({ ...event, data }, 'hu');
    expect(shown).toMatchObject({
      kind: 'error',
      title: 'Fizetési hiba: Nincs elég fedezet',
      next: 'kérjen másik kártyát',
      claimable: true,
    });
    expect(plain(shown.detail)).toBe('Alfa Építő Kft. · 18 900 Ft');
    expect(showEvent({ ...event, data }, 'en').title).toBe('Payment failed: There is not enough money on the card');
  });

  it('rental_created', () => {
    const event = find('rental_created');
    const data = { ...(event.data as object), partnerName: 'Béta Bau Bt.', equipmentCount: 3, totalValue: 42000 };
    const shown = showEvent({ ...event, data }, 'hu');
    expect(shown).toMatchObject({ kind: 'success', title: 'Új bérlés: Béta Bau Bt. - 3 tétel', claimable: false });
    expect(plain(shown.detail)).toBe('42 000 Ft');
    expect(showEvent({ ...event, data: { ...data, equipmentCount: 1 } }, 'en').title).toBe(
      'New rental: Béta Bau Bt. - 1 item',
    );
  });
});

it('a type without a file is shown by its name', () => {
  expect(
    showEvent({ eventId: 'x', timestamp: '2026-01-01T00:00:00.000Z', type: 'door_opened', data: {} }, 'hu'),
  ).toMatchObject({ title: 'door_opened', link: null });
});

it('counts by type, the urgent first', () => {
  const events = [
    find('rental_created'),
    find('stock_alert'),
    find('payment_error'),
    find('payment_error'),
    { ...find('stock_alert'), type: 'door_opened' },
  ];
  expect(countByType(events, 'hu')).toBe('2 fizetési hiba · 1 készletriasztás · 1 új bérlés · 1 door_opened');
  expect(countByType(events, 'en')).toBe('2 failed payments · 1 stock alert · 1 new rental · 1 door_opened');
  expect(
    countByType(
      [find('payment_error'), find('stock_alert'), find('stock_alert'), find('rental_created'), find('rental_created')],
      'en',
    ),
  ).toBe('1 failed payment · 2 stock alerts · 2 new rentals');
});
