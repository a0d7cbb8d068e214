import { shopInstant, toDateField, wallTime } from '../../shared/format';
import type { OpeningHours } from '../../shared/model';

const minutes = 60_000;
const days = 24 * 60 * minutes;
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** The day and the time of a due field: `2026-11-25`, with a chosen time `2026-11-25T15:30`. */
export function splitDue(due: string): { day: string; time: string | null } {
  const [day = '', time] = due.split('T');
  return { day, time: time ?? null };
}

/** Minutes since midnight of `17:00`; up to `24:00`. */
function minuteOf(time: string): number {
  const [hour, minute] = time.split(':');
  return Number(hour) * 60 + Number(minute);
}

/** When a location closes for the last time on a day, in minutes since midnight; null when it is closed all day. */
function closingMinute(hours: OpeningHours, day: string): number | null {
  const weekday = weekdays[new Date(day).getUTCDay()] ?? 'sun';
  const closes = hours.week[weekday]?.at(-1)?.[1];
  return closes === undefined || hours.closed?.includes(day) === true ? null : minuteOf(closes);
}

/**
 * When a rental that begins at an instant is due (RFC 3339 UTC), or null without a valid day: at the chosen time;
 * without one when its location closes on that day, or on the next one on which it is open. Without opening hours
 * (null, or none within a year) it is the time of day at which the rental begins, because a day of rent is 24 hours;
 * on the same day its last minute. The server's ReturnAt finds the same.
 */
export function returnInstant(due: string, begins: Date, hours: OpeningHours | null): string | null {
  const { day, time } = splitDue(due);
  if (time !== null) return shopInstant(day, minuteOf(time));
  const midnight = Date.parse(`${day}T00:00:00Z`);
  for (let ahead = 0; hours !== null && ahead < 366 && !Number.isNaN(midnight); ahead += 1) {
    const date = new Date(midnight + ahead * days).toISOString().slice(0, 10);
    const closes = closingMinute(hours, date);
    const at = closes === null ? null : shopInstant(date, closes);
    if (at !== null && Date.parse(at) > begins.getTime()) return at;
  }
  return shopInstant(day, day === toDateField(begins) ? 24 * 60 - 1 : (wallTime(begins) % days) / minutes);
}

/** What is wrong with the value of a due field now; undefined when nothing is. */
export function dueProblem(due: string, now: Date): 'dueMissing' | 'duePast' | undefined {
  const { day, time } = splitDue(due);
  const at = returnInstant(due, now, null);
  if (at === null) return 'dueMissing';
  return day < toDateField(now) || (time !== null && Date.parse(at) <= now.getTime()) ? 'duePast' : undefined;
}

/** How many days are charged: each started 24 hours of the shop's wall clock, at least one. */
export function rentalDays(from: Date, to: string): number {
  const wall = (date: Date) => wallTime(date) + (date.getTime() % minutes);
  return Math.max(1, Math.ceil((wall(new Date(to)) - wall(from)) / days));
}
