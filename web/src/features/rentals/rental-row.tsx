import { Link } from '@tanstack/react-router';
import { useNow } from '../../shared/clock';
import { formatAgo, formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import list from '../../shared/ui/list-page.module.css';
import { RentalPill } from '../../shared/ui/pill';
import { dueMoment, dueSentence, statusAt } from '../../domain/rentals/due';
import { totalOut } from '../../domain/rentals/pieces';
import './messages';
import { RentalActions, type RentalHandlers } from './rental-actions';
import classes from './rentals-page.module.css';

export function RentalRow({ rental, ...handlers }: { rental: Rental } & RentalHandlers) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('rental');
  const { t: pages } = useTranslation('rentalPages');
  const language = useLanguage();
  const now = useNow();
  const first = rental.lines.slice(0, 2).map((line) => `${line.quantity} × ${line.productName}`);
  const rest = rental.lines.length - first.length;
  const due = dueSentence(rental, language, now, own, t);
  const status = statusAt(rental, now);
  const out = totalOut(rental);
  return (
    <li
      className={`${list.row} ${classes.row}`}
      data-testid="rental-row"
      data-rental-id={rental.id}
      data-status={status}
    >
      <div className={classes.state}>
        <RentalPill status={status} />
        {rental.number !== null && (
          <span className={classes.number} data-testid="rental-number">
            {rental.number}
          </span>
        )}
      </div>
      <div className={list.what}>
        <Link
          to="/rentals"
          from="/rentals"
          search={(before) => ({ ...before, rental: rental.id })}
          className={`${list.title} ${classes.open}`}
          aria-label={own('list.details', { partner: rental.partnerName })}
        >
          {rental.partnerName}
        </Link>
        <p className={`${list.sub} ${classes.lines}`}>
          {first.join(', ')}
          {rest > 0 && ` ${own('list.moreLines', { n: rest })}`}
          {out > 0 && out < rental.equipmentCount && (
            <b> · {own('details.stillOut', { out, all: rental.equipmentCount })}</b>
          )}
        </p>
      </div>
      <div className={`${list.when} ${classes.when}`}>
        {due !== null && <span data-late={due.late || undefined}>{due.text}</span>}
        {due === null && rental.closedAt !== null && (
          <span>
            {pages(status === 'CANCELLED' ? 'cancelledAt' : 'returnedAt', {
              when: dueMoment(rental.closedAt, language, now),
            })}
          </span>
        )}
        <small>
          {status === 'OVERDUE' && `${pages('was', { when: dueMoment(rental.dueAt, language, now) })} · `}
          {rental.locationName} · {own('list.opened', { ago: formatAgo(rental.createdAt, language, now) })}
        </small>
      </div>
      <div className={`${list.amount} ${classes.amount}`}>
        <b>{formatMoney(rental.totalValue, language, rental.currency)}</b>
        {rental.owedAmount > 0 && rental.status !== 'AWAITING_PAYMENT' ? (
          <small className={classes.owed} data-testid="rental-owed">
            {rental.paidAmount > 0
              ? own('list.owedRest', { amount: formatMoney(rental.owedAmount, language, rental.currency) })
              : own('list.unpaid')}
          </small>
        ) : (
          <small>{t('common.items', { count: rental.equipmentCount })}</small>
        )}
      </div>
      <RentalActions rental={rental} {...handlers} />
    </li>
  );
}
