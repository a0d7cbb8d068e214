import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { locationsQueryOptions } from '../../api/locations';
import { dueMoment } from '../../domain/rentals/due';
import { DueField } from '../../domain/rentals/due-field';
import { rentalDays, returnInstant } from '../../domain/rentals/return-instant';
import { useNow } from '../../shared/clock';
import { addDays, formatMoney, toDateField } from '../../shared/format';
import { ApiError } from '../../shared/http';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { ChangeForm } from './change-form';
import classes from './change-modal.module.css';
import { type ChangeFormProps, useChange } from './use-change';

/** The day that many days after the one on which the rental is due, or after today when it is late. */
function dayLater(rental: Rental, days: number, now: Date): string {
  return toDateField(addDays(new Date(Math.max(Date.parse(rental.dueAt), now.getTime())), days));
}

/** A later due instant, and what the further days cost. */
export function ExtendForm({ rental, ready, onDone, onCancel }: ChangeFormProps) {
  const { t } = useTranslation('rental');
  const language = useLanguage();
  const now = useNow();
  const [due, setDue] = useState(() => dayLater(rental, 1, now));
  const { data: locations, isPending } = useQuery(locationsQueryOptions());
  const hours = locations?.items.find(({ id }) => id === rental.locationId)?.openingHours ?? null;
  const created = new Date(rental.createdAt);
  // After closing, the next day on which it is open is meant; without hours the time of day is that of the checkout.
  const dueAt = isPending ? null : returnInstant(due, hours !== null && now > created ? now : created, hours);
  const later = dueAt !== null && Date.parse(dueAt) > Math.max(Date.parse(rental.dueAt), now.getTime());
  const state = useChange({ rental, ready, onDone }, later ? { kind: 'extend', dueAt } : null);
  const { after, error } = state;
  const money = (amount: number) => formatMoney(amount, language, rental.currency);
  const extra = after === undefined ? 0 : after.totalValue - rental.totalValue;
  const days = dueAt === null ? 0 : rentalDays(created, dueAt) - rentalDays(created, rental.dueAt);
  return (
    <ChangeForm
      rental={rental}
      state={state}
      submitLabel={extra > 0 ? t('extend.submitFor', { amount: money(extra) }) : t('extend.submit')}
      settled={t('extend.free')}
      refusal={
        error instanceof ApiError && error.code === 'PRICE_CHANGED'
          ? t('extend.priceChanged', {
              expected: money(Number(error.problem.expected)),
              actual: money(Number(error.problem.actual)),
            })
          : undefined
      }
      blocked={!later}
      onCancel={onCancel}
    >
      <p className={classes.stock}>{t('extend.now', { when: dueMoment(rental.dueAt, language, now) })}</p>
      <DueField
        testId="extend-due"
        label={t('extend.due')}
        min={dayLater(rental, 0, now)}
        value={due}
        dueAt={dueAt}
        error={later || isPending ? undefined : t('extend.later')}
        onChange={setDue}
      />
      <div className={classes.quick} role="group" aria-label={t('extend.quick')}>
        {(
          [
            ['day', 1],
            ['threeDays', 3],
            ['week', 7],
          ] as const
        ).map(([name, count]) => {
          const day = dayLater(rental, count, now);
          return (
            <Button key={name} size="xs" variant={due === day ? 'light' : 'default'} onClick={() => setDue(day)}>
              {t(`extend.${name}`)}
            </Button>
          );
        })}
      </div>
      {after !== undefined && (
        <p className={classes.stock} role="status" data-testid="extend-price">
          {days === 0 || extra === 0 ? t('extend.free') : `${t('extend.days', { count: days })} · +${money(extra)}`}
        </p>
      )}
    </ChangeForm>
  );
}
