import type { TFunction } from 'i18next';
import { daysBetween, formatDay } from '../../shared/format';
import type { Language } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';

/** When a rental that is out comes back, or how late it is; null for one that is not out. */
export function dueSentence(
  rental: Rental,
  language: Language,
  now: Date,
  t: TFunction,
): { text: string; late: boolean } | null {
  if (rental.status === 'RETURNED' || rental.status === 'CANCELLED') return null;
  const due = new Date(rental.dueAt);
  const days = daysBetween(due, now);
  if (rental.status === 'OVERDUE')
    return { text: days > 0 ? t('rentals.late', { count: days }) : t('rentals.lateToday'), late: true };
  if (days === 0) return { text: t('rentals.dueToday'), late: false };
  return { text: t('rentals.due', { date: formatDay(due, language, now) }), late: false };
}
