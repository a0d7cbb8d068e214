import { expect, it } from 'vitest';
import returnCases from '../../../../contract/return-instants.json';
import { publicHolidays } from './holidays';
import { isValidDay, storedWeek, type Weekday, weekOf, weekSummary } from './week';

it.each(Object.entries(returnCases.hours))('stores the week of "%s" as it was read', (_, hours) => {
  expect(storedWeek(weekOf(hours))).toEqual(hours.week);
});

it('names days with the same times together', () => {
  const names = { mon: 'H', tue: 'K', wed: 'Sze', thu: 'Cs', fri: 'P', sat: 'Szo', sun: 'V' };
  const summary = (hours: Parameters<typeof weekOf>[0]) =>
    weekSummary(weekOf(hours), (day: Weekday) => names[day], 'zárva');
  expect(summary(returnCases.hours.shop)).toBe(
    'H–Cs 07:00–17:00 · P 07:00–12:00, 12:30–18:30 · Szo 08:00–12:00 · V zárva',
  );
  expect(summary(returnCases.hours.nights)).toBe('H–P zárva · Szo 18:00–24:00 · V zárva');
  expect(summary(null)).toBe('H–V zárva');
});

it('knows which intervals a day may have', () => {
  const day = (...times: [string, string][]) => isValidDay(times.map(([from, to]) => ({ from, to })));
  expect(day()).toBe(true);
  expect(day(['00:00', '07:00'])).toBe(true);
  expect(day(['07:00', '17:00'])).toBe(true);
  expect(day(['18:00', '00:00'])).toBe(true);
  expect(day(['07:00', '12:00'], ['12:00', '17:00'])).toBe(true);
  expect(day(['07:00', '12:00'], ['11:59', '17:00'])).toBe(false);
  expect(day(['18:00', '00:00'], ['20:00', '22:00'])).toBe(false);
  expect(day(['17:00', '07:00'])).toBe(false);
  expect(day(['07:00', '07:00'])).toBe(false);
  expect(day(['', '17:00'])).toBe(false);
  expect(day(['07:00', ''])).toBe(false);
});

it('knows the public holidays, those that move with Easter too', () => {
  expect(publicHolidays(2027)).toEqual([
    '2027-01-01',
    '2027-03-15',
    '2027-03-26',
    '2027-03-28',
    '2027-03-29',
    '2027-05-01',
    '2027-05-16',
    '2027-05-17',
    '2027-08-20',
    '2027-10-23',
    '2027-11-01',
    '2027-12-24',
    '2027-12-25',
    '2027-12-26',
  ]);
  expect(publicHolidays(2026)).toContain('2026-04-06');
  expect(publicHolidays(2038)).toContain('2038-04-26');
});
