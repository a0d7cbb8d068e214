import { IconPrinter } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useNow } from '../../shared/clock';
import { formatDay, formatMoney, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { HistoryButton } from '../../domain/audit/history-button';
import { useUser } from '../../shared/session';
import { DeclineNotice } from '../../domain/payments/decline-notice';
import { dueMoment, statusAt } from '../../domain/rentals/due';
import { RefundList } from '../../domain/rentals/refund-list';
import { RentalPill } from '../../shared/ui/pill';
import './messages';
import { RentalActions, type RentalHandlers } from './rental-actions';
import classes from './rentals-page.module.css';

/** The record of a rental: what is out until when, what it costs, and what was paid and given back. */
export function RentalDetails({ rental, ...handlers }: { rental: Rental } & RentalHandlers) {
  const { t } = useTranslation('rental');
  const { t: pages } = useTranslation('rentalPages');
  const { role } = useUser();
  const language = useLanguage();
  const now = useNow();
  const payment = rental.payment ?? null;
  const status = statusAt(rental, now);
  const refunds = rental.refunds ?? [];
  const money = (amount: number) => formatMoney(amount, language, rental.currency);
  const sums = [
    ['paid', rental.paidAmount],
    ['rounding', rental.roundingAmount],
    ['refunded', rental.refundedAmount],
    ['refundPending', rental.refundPendingAmount],
  ] as const;
  return (
    <div className={classes.details}>
      <dl>
        <div>
          <dt>{t('list.status')}</dt>
          <dd>
            <RentalPill status={status} />
          </dd>
        </div>
        <div>
          <dt>{t('list.at')}</dt>
          <dd>{rental.locationName}</dd>
        </div>
        <div>
          <dt>{t('list.created')}</dt>
          <dd>
            {formatDay(rental.createdAt, language, now)}, {formatTime(rental.createdAt, language)}
          </dd>
        </div>
        <div>
          <dt>{t('list.dueLabel')}</dt>
          <dd data-late={status === 'OVERDUE' || undefined} data-testid="rental-due">
            {dueMoment(rental.dueAt, language, now)}
          </dd>
        </div>
      </dl>
      {rental.status === 'AWAITING_PAYMENT' && payment?.errorCode != null && (
        <DeclineNotice
          code={payment.errorCode}
          message={payment.errorMessage ?? null}
          pending={payment.status === 'PENDING'}
        />
      )}
      <h3>{t('list.linesLabel')}</h3>
      <ul className={classes.detailLines}>
        {rental.lines.map((line) => (
          <li key={line.productId}>
            <b>{line.quantity} ×</b>
            <span>{line.productName}</span>
            <small>
              {line.returned > 0 && status !== 'RETURNED' && `${t('details.back', { n: line.returned })} · `}
              {t('list.perDay', { amount: money(line.dailyPrice) })}
            </small>
          </li>
        ))}
      </ul>
      <p className={classes.total}>
        <span>{t('list.total')}</span>
        <b>{money(rental.totalValue)}</b>
      </p>
      <dl className={classes.sums}>
        {sums.map(
          ([name, amount]) =>
            amount !== 0 && (
              <div key={name}>
                <dt>{t(`details.${name}`)}</dt>
                <dd>{money(amount)}</dd>
              </div>
            ),
        )}
      </dl>
      {rental.owedAmount > 0 && (
        <p className={classes.total} data-testid="rental-owed">
          <span>{t('list.owed')}</span>
          <b>{money(rental.owedAmount)}</b>
        </p>
      )}
      {refunds.length > 0 && (
        <>
          <h3>{t('refund.title')}</h3>
          <RefundList refunds={refunds} />
        </>
      )}
      <RentalActions rental={rental} all {...handlers} />
      <div className={classes.history}>
        <Link to="/rentals/slip" search={{ rental: rental.id }} className={classes.slip} data-testid="rental-slip">
          <IconPrinter size={16} stroke={1.7} aria-hidden />
          {pages('slip.open')}
        </Link>
        {role !== 'OPERATOR' && <HistoryButton of={{ type: 'rental', id: rental.id }} name={rental.partnerName} />}
      </div>
      <p className={classes.id}>
        {t('list.id')}: {rental.id}
      </p>
    </div>
  );
}
