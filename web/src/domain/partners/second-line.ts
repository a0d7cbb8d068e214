import { formatDay } from '../../shared/format';
import type { Language, Translate } from '../../shared/i18n/i18n';
import type { Partner } from '../../shared/model';
import './messages';

/** What tells a partner from another one of the same name: the phone number, else the last rental. */
export function secondLine(
  { phone, email, lastRentalAt }: Pick<Partner, 'phone' | 'email' | 'lastRentalAt'>,
  t: Translate<'partners'>,
  language: Language,
  now: Date,
): string {
  if (phone) return phone;
  if (email) return email;
  return lastRentalAt ? t('lastRental', { date: formatDay(lastRentalAt, language, now) }) : t('neverRented');
}
