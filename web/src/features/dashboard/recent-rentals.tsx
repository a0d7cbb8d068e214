import { IconPackageExport } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useNow } from '../../shared/clock';
import { daysBetween, formatAgo, formatDay, formatMoney, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { RentalStatus } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { rentalsQueryOptions } from '../../api/rentals';
import type { Tone } from '../../shared/ui/pill';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Tile } from '../../shared/ui/tile';
import { Widget } from '../../shared/ui/widget';
import classes from './compact-list.module.css';

const tones: Record<RentalStatus, Tone> = {
  OPEN: 'green',
  AWAITING_PAYMENT: 'amber',
  OVERDUE: 'red',
  RETURNED: 'plain',
  CANCELLED: 'plain',
};

/** The newest rentals. */
export function RecentRentals({ title }: { title: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const locationId = useLocationFilter();
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch } = useInfiniteQuery({
    ...rentalsQueryOptions({ status: null, locationId }, 5),
    placeholderData: keepPreviousData,
  });
  const rentals = data?.pages[0]?.items ?? [];
  return (
    <Widget title={title} updatedAt={dataUpdatedAt} aside={<Link to="/rentals">{t('common.all')}</Link>}>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={4} />}
      {data !== undefined && rentals.length === 0 && (
        <EmptyState
          icon={<IconPackageExport size={24} stroke={1.7} />}
          title={t('dashboard.rentalsEmpty')}
          hint={t('dashboard.rentalsEmptyHint')}
        />
      )}
      {rentals.length > 0 && (
        <ul className={classes.list}>
          {rentals.map((rental) => {
            const late = daysBetween(new Date(rental.dueAt), now);
            const sub =
              rental.status === 'OVERDUE'
                ? late > 0
                  ? t('rentals.late', { count: late })
                  : t('rentals.lateToday', { time: formatTime(rental.dueAt, language) })
                : rental.status === 'OPEN'
                  ? t('dashboard.returns', { date: formatDay(rental.dueAt, language, now) })
                  : t(`rentalStatus.${rental.status}`);
            return (
              <li key={rental.id}>
                <Link to="/rentals" search={{ rental: rental.id }} className={classes.row}>
                  <Tile tone={tones[rental.status]}>+{rental.equipmentCount}</Tile>
                  <span>
                    <span className={classes.title}>{rental.partnerName}</span>
                    <span className={classes.sub}>
                      {t('common.items', { count: rental.equipmentCount })} · {sub}
                    </span>
                  </span>
                  <span className={classes.end}>
                    <b>{formatMoney(rental.totalValue, language, rental.currency)}</b>
                    <small>{formatAgo(rental.createdAt, language, now)}</small>
                  </span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </Widget>
  );
}
