import type { OpeningHours } from '../../shared/model';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** A time from opening to closing, `07:00` to `17:00`. */
export interface Interval {
  from: string;
  to: string;
}
/** The intervals of each day, in order; a day without is closed. */
export type Week = Readonly<Record<Weekday, readonly Interval[]>>;

export const closedWeek: Week = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] };

/** A time field has no 24:00: a day that closes at midnight closes at 00:00 there. */
export function weekOf(hours: OpeningHours | null): Week {
  const week: Record<Weekday, readonly Interval[]> = { ...closedWeek };
  for (const day of weekdays)
    week[day] = (hours?.week[day] ?? []).flatMap((each) => {
      const [from, to] = each ?? [];
      return from === undefined || to === undefined ? [] : [{ from, to: to === '24:00' ? '00:00' : to }];
    });
  return week;
}

const closing = (to: string) => (to === '00:00' ? '24:00' : to);

/** The week as the server stores it. */
export function storedWeek(week: Week): OpeningHours['week'] {
  return Object.fromEntries(
    weekdays
      .filter((day) => week[day].length > 0)
      .map((day) => [day, week[day].map(({ from, to }) => [from, closing(to)])]),
  );
}

/** Whether each interval ends after it begins, and begins after the one before it has ended. */
export function isValidDay(intervals: readonly Interval[]): boolean {
  return intervals.every(
    ({ from, to }, index) =>
      from !== '' &&
      to !== '' &&
      from < closing(to) &&
      (index === 0 || closing(intervals[index - 1]?.to ?? '') <= from),
  );
}

/** `H–P 07:00–17:00, Szo 08:00–12:00`: days beside each other with the same times are named together. */
export function weekSummary(week: Week, name: (day: Weekday) => string, closed: string): string {
  const text = (day: Weekday) => week[day].map(({ from, to }) => `${from}–${closing(to)}`).join(', ') || closed;
  const groups: { first: Weekday; last: Weekday; text: string }[] = [];
  for (const day of weekdays) {
    const group = groups.at(-1);
    if (group?.text === text(day)) group.last = day;
    else groups.push({ first: day, last: day, text: text(day) });
  }
  return groups
    .map(({ first, last, text: times }) => `${name(first)}${first === last ? '' : `–${name(last)}`} ${times}`)
    .join(' · ');
}
