import { useTranslation } from 'react-i18next';
import { useNow } from '../../shared/clock';
import { formatDay, formatMoney, formatTime } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { DeclineNotice } from '../../domain/payments/decline-notice';
import { RentalPill } from '../../shared/ui/pill';
import { RentalActions } from './rental-actions';
import classes from './rentals-page.module.css';

export function RentalDetails({ rental, onPay }: { rental: Rental; onPay: (rentalId: string) => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const payment = rental.payment ?? null;
  return (
    <div className={classes.details}>
      <dl>
        <div>
          <dt>{t('rentals.status')}</dt>
          <dd>
            <RentalPill status={rental.status} />
          </dd>
        </div>
        <div>
          <dt>{t('rentals.at')}</dt>
          <dd>{rental.locationName}</dd>
        </div>
        <div>
          <dt>{t('rentals.created')}</dt>
          <dd>
            {formatDay(rental.createdAt, language, now)}, {formatTime(rental.createdAt, language)}
          </dd>
        </div>
        <div>
          <dt>{t('rentals.dueLabel')}</dt>
          <dd>{formatDay(rental.dueAt, language, now)}</dd>
        </div>
      </dl>
      {rental.status === 'AWAITING_PAYMENT' && payment?.errorCode != null && (
        <DeclineNotice
          code={payment.errorCode}
          message={payment.errorMessage ?? null}
          pending={payment.status === 'PENDING'}
        />
      )}
      <h3>{t('rentals.linesLabel')}</h3>
      <ul className={classes.detailLines}>
        {rental.lines.map((line) => (
          <li key={line.productId}>
            <b>{line.quantity} ×</b>
            <span>{line.productName}</span>
            <small>{t('rentals.perDay', { amount: formatMoney(line.dailyPrice, language, rental.currency) })}</small>
          </li>
        ))}
      </ul>
      <p className={classes.total}>
        <span>{t('rentals.total')}</span>
        <b>{formatMoney(rental.totalValue, language, rental.currency)}</b>
      </p>
      {rental.owedAmount > 0 && (
        <p className={classes.total} data-testid="rental-owed">
          <span>{t('rentals.owed')}</span>
          <b>{formatMoney(rental.owedAmount, language, rental.currency)}</b>
        </p>
      )}
      <RentalActions rental={rental} onPay={onPay} />
      <p className={classes.id}>
        {t('rentals.id')}: {rental.id}
      </p>
    </div>
  );
}
