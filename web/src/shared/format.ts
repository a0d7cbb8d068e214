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
export function wallTime(date: Date): number {
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

function dateFormat(
  language: Language,
  name: 'date' | 'dateAndYear' | 'weekday' | 'time' | 'second',
): Intl.DateTimeFormat {
  const key = `${language}/${name}`;
  let format = dates.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locales[language], {
      timeZone: shopZone,
      ...(name === 'time' || name === 'second'
        ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
        : name === 'weekday'
          ? { weekday: 'long' }
          : { month: 'short', day: 'numeric' }),
      ...(name === 'second' ? { second: '2-digit' } : {}),
      ...(name === 'dateAndYear' ? { year: 'numeric' } : {}),
    });
    dates.set(key, format);
  }
  return format;
}

/** `2026. november 26.`: the day of a date field, in full. */
export function formatFullDay(field: string, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(`${field}T00:00:00Z`),
  );
}

/** `nov. 26.`, with the year when it is not this one. */
export function formatDate(value: string | Date, language: Language, now: Date): string {
  const date = typeof value === 'string' ? new Date(value) : value;
  return dateFormat(language, wallOf(date).year === wallOf(now).year ? 'date' : 'dateAndYear').format(date);
}

/** `hétfő` */
export function formatWeekday(value: string | Date, language: Language): string {
  return dateFormat(language, 'weekday').format(typeof value === 'string' ? new Date(value) : value);
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
  return shopInstant(field, 24 * 60 - 1);
}

/**
 * The instant (RFC 3339 UTC) at which the shop's clock shows a minute of the day of a date field, or null when it is
 * not a date. Of a minute that comes twice it is the first; a minute that is skipped is an hour later.
 */
export function shopInstant(field: string, minute: number): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(field);
  if (parts === null) return null;
  const shown = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), 0, minute);
  const offset = (at: number) => wallTime(new Date(at)) - at;
  const at = shown - offset(shown - 12 * hours);
  // When the clocks have been changed by then, a minute that exists once has the later offset.
  const later = shown - offset(at);
  return new Date(wallTime(new Date(later)) === shown ? later : at).toISOString();
}

/** Noon of the shop's day this many days after `now`. */
export function addDays(now: Date, count: number): Date {
  const noon = new Date(shopInstant(toDateField(now), 12 * 60) ?? now);
  // From noon to noon, a day of 23 or 25 hours does not slip into the next one.
  return new Date(shopInstant(toDateField(new Date(noon.getTime() + count * days)), 12 * 60) ?? now);
}
