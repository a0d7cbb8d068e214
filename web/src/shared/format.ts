import type { Language } from './i18n/i18n';

const locales: Record<Language, string> = { hu: 'hu-HU', en: 'en-GB' };
const minutes = 60_000;
const hours = 60 * minutes;
const days = 24 * hours;

/** The shops' zone: times and days are theirs, wherever the browser is. */
const shopZone = 'Europe/Budapest';

const wallFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: shopZone,
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
});

/** What calendar and clock in the shop show at an instant; `month` from 1. */
function wallOf(date: Date) {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of wallFormat.formatToParts(date)) shown[type] = Number(value);
  const { year = 0, month = 0, day: dayOfMonth = 0, hour = 0, minute = 0 } = shown;
  return { year, month, dayOfMonth, hour, minute };
}

/** The same as if it were UTC, in epoch milliseconds of whole minutes. */
function wallTime(date: Date): number {
  const { year, month, dayOfMonth, hour, minute } = wallOf(date);
  return Date.UTC(year, month - 1, dayOfMonth, hour, minute);
}

const numbers = new Map<Language, Intl.NumberFormat>();

/** `1 234 567` in Hungarian, `1,234,567` in English. */
export function formatNumber(value: number, language: Language): string {
  let format = numbers.get(language);
  if (format === undefined) {
    format = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 0, useGrouping: 'always' });
    numbers.set(language, format);
  }
  return format.format(value);
}

/** Whole forints: `1 234 567 Ft`. Any other currency by its code. */
export function formatMoney(amount: number, language: Language, currency = 'HUF'): string {
  return `${formatNumber(amount, language)}\u00a0${currency === 'HUF' ? 'Ft' : currency}`;
}

/** Calendar days from the day of `from` to the day of `to`, as the shop counts them. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date) => {
    const { year, month, dayOfMonth } = wallOf(date);
    return Date.UTC(year, month - 1, dayOfMonth);
  };
  return Math.round((midnight(to) - midnight(from)) / days);
}

const dates = new Map<string, Intl.DateTimeFormat>();

function dateFormat(language: Language, name: 'date' | 'dateAndYear' | 'time' | 'second'): Intl.DateTimeFormat {
  const key = `${language}/${name}`;
  let format = dates.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locales[language], {
      timeZone: shopZone,
      ...(name === 'time' || name === 'second'
        ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
        : { month: 'short', day: 'numeric' }),
      ...(name === 'second' ? { second: '2-digit' } : {}),
      ...(name === 'dateAndYear' ? { year: 'numeric' } : {}),
    });
    dates.set(key, format);
  }
  return format;
}

/** `nov. 26.`, with the year when it is not this one. */
export function formatDate(value: string | Date, language: Language, now: Date): string {
  const date = typeof value === 'string' ? new Date(value) : value;
  return dateFormat(language, wallOf(date).year === wallOf(now).year ? 'date' : 'dateAndYear').format(date);
}

/** `14:05` */
export function formatTime(value: string | Date, language: Language): string {
  return dateFormat(language, 'time').format(typeof value === 'string' ? new Date(value) : value);
}

/** `14:05:09` */
export function formatSecond(value: string | Date, language: Language): string {
  return dateFormat(language, 'second').format(typeof value === 'string' ? new Date(value) : value);
}

/** `ma`, `holnap`, `tegnap`, or the date. */
export function formatDay(value: string | Date, language: Language, now: Date): string {
  const date = typeof value === 'string' ? new Date(value) : value;
  const names: Record<Language, Record<number, string>> = {
    hu: { [-1]: 'tegnap', 0: 'ma', 1: 'holnap' },
    en: { [-1]: 'yesterday', 0: 'today', 1: 'tomorrow' },
  };
  return names[language][daysBetween(now, date)] ?? formatDate(date, language, now);
}

/** `most`, `4 perce`, `2 órája`, `3 napja`, and from two weeks on the date. */
export function formatAgo(value: string | Date, language: Language, now: Date): string {
  const date = typeof value === 'string' ? new Date(value) : value;
  const age = Math.max(0, now.getTime() - date.getTime());
  const hu = language === 'hu';
  if (age < minutes) return hu ? 'most' : 'now';
  if (age < hours) {
    const count = Math.floor(age / minutes);
    return hu ? `${count} perce` : `${count} min ago`;
  }
  if (age < days) {
    const count = Math.floor(age / hours);
    return hu ? `${count} órája` : `${count} h ago`;
  }
  const count = Math.floor(age / days);
  if (count < 14) return hu ? `${count} napja` : `${count} ${count === 1 ? 'day' : 'days'} ago`;
  return formatDate(date, language, now);
}

/** `2026-11-26`, the shop's day, as a date field wants it. */
export function toDateField(date: Date): string {
  const { year, month, dayOfMonth } = wallOf(date);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(dayOfMonth)}`;
}

/** The last minute of the shop's day in a date field as an instant (RFC 3339 UTC), or null when it is not a date. */
export function endOfDay(field: string): string | null {
  return instantOn(field, 23, 59);
}

/** The instant at which the shop's clock shows this on the day of a date field, or null when it is not a date. */
function instantOn(field: string, hour: number, minute: number): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(field);
  if (parts === null) return null;
  const wall = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), hour, minute);
  // Once for the zone's difference, once more in case the clock is changed in between.
  let instant = wall;
  for (let turn = 0; turn < 2; turn += 1) instant -= wallTime(new Date(instant)) - wall;
  return new Date(instant).toISOString();
}

/**
 * The instant of a rental's end on the day of a date field, or null when it is
 * not a date: the time of day at which the checkout began, because a day of rent
 * is 24 hours; on the same day its last minute.
 */
export function dueInstant(field: string, began: Date): string | null {
  if (field === toDateField(began)) return endOfDay(field);
  const { hour, minute } = wallOf(began);
  return instantOn(field, hour, minute);
}

/** How many days are charged: each started 24 hours of the shop's wall clock, at least one. */
export function rentalDays(from: Date, to: string): number {
  const wall = (date: Date) => wallTime(date) + (date.getTime() % minutes);
  return Math.max(1, Math.ceil((wall(new Date(to)) - wall(from)) / days));
}

/** Noon of the shop's day this many days after `now`. */
export function addDays(now: Date, count: number): Date {
  const noon = new Date(instantOn(toDateField(now), 12, 0) ?? now);
  // From noon to noon, a day of 23 or 25 hours does not slip into the next one.
  return new Date(instantOn(toDateField(new Date(noon.getTime() + count * days)), 12, 0) ?? now);
}
