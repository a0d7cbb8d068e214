import { daysBetween, formatDay, formatTime, formatWeekday } from '../../shared/format';
import type { Language, Translate } from '../../shared/i18n/i18n';
import type { Rental, RentalStatus } from '../../shared/model';

/** `hétfő, nov. 30., 17:00`; today and tomorrow by their names. */
export function dueMoment(dueAt: string, language: Language, now: Date): string {
  const near = Math.abs(daysBetween(now, new Date(dueAt))) <= 1;
  const day = formatDay(dueAt, language, now);
  return `${near ? day : `${formatWeekday(dueAt, language)}, ${day}`}, ${formatTime(dueAt, language)}`;
}

/** The status by the clock: a rental is late from its due instant on, also before the server has marked it. */
export function statusAt(rental: Pick<Rental, 'status' | 'dueAt'>, now: Date): RentalStatus {
  return rental.status === 'OPEN' && Date.parse(rental.dueAt) <= now.getTime() ? 'OVERDUE' : rental.status;
}

/** When a rental that is out comes back, or how late it is; null for one that is not out. */
export function dueSentence(
  rental: Rental,
  language: Language,
  now: Date,
  own: Translate<'rental'>,
  t: Translate,
): { text: string; late: boolean } | null {
  const status = statusAt(rental, now);
  if (status === 'RETURNED' || status === 'CANCELLED') return null;
  const due = new Date(rental.dueAt);
  const days = daysBetween(due, now);
  const time = formatTime(due, language);
  if (status === 'OVERDUE')
    return { text: days > 0 ? t('rentals.late', { count: days }) : t('rentals.lateToday', { time }), late: true };
  if (days === 0) return { text: own('list.dueToday', { time }), late: false };
  return { text: own('list.due', { date: `${formatDay(due, language, now)}, ${time}` }), late: false };
}
