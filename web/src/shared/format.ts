import type { Language } from './i18n/i18n';

const locales: Record<Language, string> = { hu: 'hu-HU', en: 'en-GB' };
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const numbers = new Map<Language, Intl.NumberFormat>();

/** `1 234 567` in Hungarian, `1,234,567` in English. */
export function formatNumber(value: number, language: Language): string {
  let format = numbers.get(language);
  if (format === undefined) {
    format = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 0, useGrouping: 'always' as unknown as boolean });
    numbers.set(language, format);
  }
  return format.format(value);
}

/** Whole forints: `1 234 567 Ft`. Any other currency by its code. */
export function formatMoney(amount: number, language: Language, currency = 'HUF'): string {
  return `${formatNumber(amount, language)}\u00a0${currency === 'HUF' ? 'Ft' : currency}`;
}

/** Calendar days from the day of `from` to the day of `to`, in the browser's time zone. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(to) - midnight(from)) / day);
}

/** `nov. 26.`, with the year when it is not this one. */
export function formatDate(value: string | Date, language: Language, now: Date): string {
  const date = typeof value === 'string' ? new Date(value) : value;
  return new Intl.DateTimeFormat(locales[language], {
    month: 'short',
    day: 'numeric',
    ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(date);
}

/** `14:05` */
export function formatTime(value: string | Date, language: Language): string {
  const date = typeof value === 'string' ? new Date(value) : value;
  return new Intl.DateTimeFormat(locales[language], { hour: '2-digit', minute: '2-digit', hour12: false }).format(date);
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
  if (age < minute) return hu ? 'most' : 'now';
  if (age < hour) {
    const count = Math.floor(age / minute);
    return hu ? `${count} perce` : `${count} min ago`;
  }
  if (age < day) {
    const count = Math.floor(age / hour);
    return hu ? `${count} órája` : `${count} h ago`;
  }
  const count = Math.floor(age / day);
  if (count < 14) return hu ? `${count} napja` : `${count} ${count === 1 ? 'day' : 'days'} ago`;
  return formatDate(date, language, now);
}

/** `2026-11-26` of the browser's time zone, as a date field wants it. */
export function toDateField(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last minute of the day in a date field as an instant (RFC 3339 UTC), or null when it is not a date. */
export function endOfDay(field: string): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(field);
  if (parts === null) return null;
  const date = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), 23, 59, 0, 0);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/**
 * The instant of a rental's end on the day of a date field, or null when it is
 * not a date: the time of day at which the checkout began, because a day of rent
 * is 24 hours; on the same day its last minute.
 */
export function dueInstant(field: string, began: Date): string | null {
  const end = endOfDay(field);
  if (end === null || field === toDateField(began)) return end;
  const due = new Date(end);
  due.setHours(began.getHours(), began.getMinutes(), 0, 0);
  return due.toISOString();
}

/** How many days are charged: each begun 24 hours, one at least. */
export function rentalDays(from: Date, to: string): number {
  return Math.max(1, Math.ceil((new Date(to).getTime() - from.getTime()) / day));
}

/** A date this many days after `now`. */
export function addDays(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 12);
}
