import { expect, it } from 'vitest';
import dayCases from '../../../../contract/rental-days.json';
import returnCases from '../../../../contract/return-instants.json';
import type { OpeningHours } from '../../shared/model';
import { dueProblem, rentalDays, returnInstant } from './return-instant';

const hours: Readonly<Record<string, OpeningHours>> = returnCases.hours;
const shop = returnCases.hours.shop;

it('runs in a browser of another zone than the shops', () => {
  expect(new Date('2026-11-23T12:00:00Z').getTimezoneOffset()).toBe(300);
});

it.each(returnCases.cases)(
  'finds the return instant of the server: $about',
  ({ hours: name, begins, day, returnAt }) => {
    const open = name === null ? null : (hours[name] ?? null);
    expect(returnInstant(day, new Date(begins), open)).toBe(new Date(returnAt).toISOString());
  },
);

it.each(dayCases)('charges $days day(s) from $from to $to: $about', ({ from, to, days }) => {
  expect(rentalDays(new Date(from), to)).toBe(days);
});

it('takes a chosen time as it is, whether the shop is open or not', () => {
  const begins = new Date('2026-11-23T10:05:00+01:00');
  expect(returnInstant('2026-11-25T15:30', begins, shop)).toBe('2026-11-25T14:30:00.000Z');
  expect(returnInstant('2026-11-29T08:00', begins, shop)).toBe('2026-11-29T07:00:00.000Z');
});

it('knows what is no day, and what has passed', () => {
  const now = new Date('2026-11-23T10:05:00+01:00');
  expect(returnInstant('', now, null)).toBeNull();
  expect(returnInstant('', now, shop)).toBeNull();
  expect(dueProblem('', now)).toBe('dueMissing');
  expect(dueProblem('T10:00', now)).toBe('dueMissing');
  expect(dueProblem('2026-11-22', now)).toBe('duePast');
  expect(dueProblem('2026-11-23', now)).toBeUndefined();
  expect(dueProblem('2026-11-23T10:05', now)).toBe('duePast');
  expect(dueProblem('2026-11-23T10:06', now)).toBeUndefined();
});
