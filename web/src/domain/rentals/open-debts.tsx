import { Link, useNavigate } from '@tanstack/react-router';
import { useInfiniteQuery } from '@tanstack/react-query';
import { rentalsQueryOptions } from '../../api/rentals';
import { useNow } from '../../shared/clock';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { RentalPill } from '../../shared/ui/pill';
import { ErrorState } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import { dueSentence, statusAt } from './due';
import './messages';
import classes from './refund-list.module.css';

interface OpenDebtsProps {
  locationId: string | null;
  onPay: (rentalId: string) => void;
  className?: string | undefined;
}

/** What is out or returned and not paid, of one location or of all, with its sum; nothing when nobody owes. */
export function OpenDebts({ locationId, onPay, className }: OpenDebtsProps) {
  const { t } = useTranslation('rental');
  const language = useLanguage();
  const { data, error, isFetching, hasNextPage, refetch, dataUpdatedAt } = useInfiniteQuery(
    rentalsQueryOptions({ status: null, locationId, owed: true }),
  );
  const debts = data?.pages.flatMap(({ items }) => items) ?? [];
  if (error === null && debts.length === 0) return null;
  return (
    <Widget
      title={t('owed.title')}
      aside={
        <Link to="/rentals" search={{ owed: true }}>
          {t('owed.all')}
        </Link>
      }
      count={debts.length}
      more={hasNextPage}
      updatedAt={dataUpdatedAt}
      testId="open-debts"
      {...(className !== undefined && { className })}
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {data?.pages[0]?.owedTotal !== undefined && (
        <p className="field-hint">{t('owed.total', { amount: formatMoney(data.pages[0].owedTotal, language) })}</p>
      )}
      <ul className={classes.list}>
        {debts.map((rental) => (
          <DebtRow key={rental.id} rental={rental} onPay={() => onPay(rental.id)} />
        ))}
      </ul>
    </Widget>
  );
}

function DebtRow({ rental, onPay }: { rental: Rental; onPay: () => void }) {
  const { t } = useTranslation('rental');
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const language = useLanguage();
  const now = useNow();
  return (
    <li className={classes.row} data-testid="debt-row" data-rental-id={rental.id}>
      <div className={classes.what}>
        <button
          type="button"
          className={classes.partner}
          onClick={() => void navigate({ to: '/rentals', search: { rental: rental.id } })}
        >
          {rental.partnerName}
        </button>
        <small>
          <span data-testid="rental-owed">{t(rental.paidAmount > 0 ? 'list.owed' : 'list.unpaid')}</span>
          {` · ${dueSentence(rental, language, now, t, common)?.text ?? rental.locationName}`}
        </small>
      </div>
      <b>{formatMoney(rental.owedAmount, language, rental.currency)}</b>
      <div className={classes.state}>
        <RentalPill status={statusAt(rental, now)} />
        <Button
          size="xs"
          variant="light"
          data-testid="rental-pay"
          aria-label={`${t('list.pay')}: ${rental.partnerName}`}
          onClick={onPay}
        >
          {t('list.pay')}
        </Button>
      </div>
    </li>
  );
}
