import { IconArrowLeft, IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { locationsQueryOptions } from '../../api/locations';
import { rentalQueryOptions } from '../../api/rentals';
import '../../domain/rentals/messages';
import { rentalDays } from '../../domain/rentals/return-instant';
import { useClock } from '../../shared/clock';
import { formatFullDay, formatMoney, formatTime, formatWeekday, toDateField } from '../../shared/format';
import { type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { ErrorState } from '../../shared/ui/states';
import './messages';
import classes from './slip-page.module.css';

/** `2026. november 30., hétfő, 17:00`: on paper nothing is near. */
function fullMoment(at: string, language: Language): string {
  const day = formatFullDay(toDateField(new Date(at)), language);
  return `${day} (${formatWeekday(at, language)}), ${formatTime(at, language)}`;
}

/** The slip that a customer takes along, on an A4 sheet or a receipt of 80 mm. */
export function SlipPage() {
  const { t } = useTranslation('rentalPages');
  const { rental: id } = useSearch({ from: '/signed-in/rentals/slip' });
  const { data, error, isFetching, refetch } = useQuery({ ...rentalQueryOptions(id ?? ''), enabled: id !== undefined });
  return (
    <div className={classes.page}>
      <div className={classes.tools}>
        <Link to="/rentals" search={id === undefined ? {} : { rental: id }} className={classes.back}>
          <IconArrowLeft size={18} stroke={1.7} aria-hidden />
          {t('slip.back')}
        </Link>
        <Button
          leftSection={<IconPrinter size={18} stroke={1.7} aria-hidden />}
          disabled={data === undefined}
          onClick={() => window.print()}
        >
          {t('slip.print')}
        </Button>
        <p>{t('slip.paper')}</p>
      </div>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {data === undefined && error === null && <Skeleton height={420} radius={12} />}
      {data !== undefined && <Slip rental={data} />}
    </div>
  );
}

function Slip({ rental }: { rental: Rental }) {
  const { t } = useTranslation('rentalPages');
  const language = useLanguage();
  const user = useUser();
  const printed = useClock((now) => fullMoment(now.toISOString(), language));
  const location = useQuery(locationsQueryOptions()).data?.items.find((each) => each.id === rental.locationId);
  const money = (amount: number) => formatMoney(amount, language, rental.currency);
  const days = rentalDays(new Date(rental.createdAt), rental.dueAt);
  const terms = location?.rentalTerms ?? '';
  const closed = rental.closedAt;
  return (
    <article className={classes.sheet} aria-label={t('slip.title')} data-testid="slip">
      <header className={classes.head}>
        <div>
          <p className={classes.shop}>{user.tenantName}</p>
          <p>{rental.locationName}</p>
        </div>
        <div>
          <h2>{t('slip.title')}</h2>
          <p className={classes.number} data-testid="rental-number">
            {rental.number ?? rental.id}
          </p>
        </div>
      </header>
      {closed !== null && (
        <p className={classes.closed}>
          {rental.status === 'CANCELLED'
            ? t('slip.cancelled')
            : t('slip.returned', { when: fullMoment(closed, language) })}
        </p>
      )}
      <dl className={classes.facts}>
        <div>
          <dt>{t('slip.partner')}</dt>
          <dd>{rental.partnerName}</dd>
        </div>
        {rental.partnerPhone !== undefined && (
          <div>
            <dt>{t('slip.phone')}</dt>
            <dd>{rental.partnerPhone}</dd>
          </div>
        )}
        <div>
          <dt>{t('slip.from')}</dt>
          <dd>{fullMoment(rental.createdAt, language)}</dd>
        </div>
        <div className={classes.due}>
          <dt>{t('slip.due')}</dt>
          <dd data-testid="slip-due">{fullMoment(rental.dueAt, language)}</dd>
        </div>
      </dl>
      <table className={classes.lines}>
        <thead>
          <tr>
            <th scope="col">{t('slip.item')}</th>
            <th scope="col">{t('slip.pieces')}</th>
            <th scope="col">{t('slip.price')}</th>
          </tr>
        </thead>
        <tbody>
          {rental.lines.map((line) => (
            <tr key={line.productId}>
              <th scope="row">{line.productName}</th>
              <td>{line.quantity}</td>
              <td>{money(line.dailyPrice)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className={classes.sums}>
        <div>
          <dt>
            {t('slip.total')} ({t('slip.days', { count: days })})
          </dt>
          <dd>{money(rental.totalValue)}</dd>
        </div>
        <div>
          <dt>{t('slip.paid')}</dt>
          <dd>{money(rental.paidAmount)}</dd>
        </div>
        {rental.owedAmount > 0 && (
          <div>
            <dt>{t('slip.owed')}</dt>
            <dd>{money(rental.owedAmount)}</dd>
          </div>
        )}
      </dl>
      {terms !== '' && (
        <section className={classes.terms} data-testid="slip-terms">
          <h3>{t('slip.terms')}</h3>
          <p>{terms}</p>
        </section>
      )}
      <div className={classes.signatures}>
        <p>
          {t('slip.handedOver')}: {rental.createdBy.name}
        </p>
        <p>
          {t('slip.takenOver')}: {rental.partnerName}
        </p>
      </div>
      <p className={classes.printed}>{t('slip.printed', { at: printed })}</p>
    </article>
  );
}
