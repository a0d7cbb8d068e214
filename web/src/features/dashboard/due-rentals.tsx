import { IconPhone, IconTruckReturn } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { rentalsQueryOptions } from '../../api/rentals';
import { useClock, useNow } from '../../shared/clock';
import { daysBetween, formatTime, toDateField } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useLocationFilter } from '../../shared/location-filter';
import type { Rental } from '../../shared/model';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import compact from './compact-list.module.css';
import classes from './due-rentals.module.css';
import './messages';

const shownAtMost = 20;

interface DueRentalsProps {
  /** Those that are due today and not marked as late yet, or those that are late. */
  which: 'today' | 'late';
}

/** What should come back, the first due first, with the number to call. */
export function DueRentals({ which }: DueRentalsProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('dashboard');
  const locationId = useLocationFilter();
  const today = useClock(toDateField);
  const filter =
    which === 'today'
      ? { status: null, out: true as const, dueFrom: today, dueTo: today }
      : { status: 'OVERDUE' as const };
  const { data, error, isPending, isFetching, dataUpdatedAt, hasNextPage, refetch } = useInfiniteQuery({
    ...rentalsQueryOptions({ ...filter, locationId, sort: 'dueAt' }, shownAtMost),
    placeholderData: keepPreviousData,
  });
  const rentals = (data?.pages[0]?.items ?? []).filter(({ status }) => which === 'late' || status !== 'OVERDUE');
  const all = which === 'today' ? { out: true as const, dueFrom: today, dueTo: today } : { status: 'OVERDUE' as const };
  return (
    <Widget
      title={which === 'today' ? own('dueToday.title') : t('dashboard.late')}
      count={rentals.length}
      more={hasNextPage}
      updatedAt={dataUpdatedAt}
      testId={which === 'today' ? 'due-today' : 'late-rentals'}
      aside={
        <Link to="/rentals" search={all}>
          {t('common.all')}
        </Link>
      }
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={3} />}
      {data !== undefined && rentals.length === 0 && (
        <EmptyState
          icon={<IconTruckReturn size={24} stroke={1.7} />}
          title={which === 'today' ? own('dueToday.empty') : t('dashboard.lateEmpty')}
          hint={which === 'today' ? own('dueToday.emptyHint') : t('dashboard.lateEmptyHint')}
        />
      )}
      {rentals.length > 0 && (
        <ul className={compact.list}>
          {rentals.map((rental) => (
            <DueRow key={rental.id} rental={rental} />
          ))}
        </ul>
      )}
    </Widget>
  );
}

function DueRow({ rental }: { rental: Rental }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('dashboard');
  const language = useLanguage();
  const now = useNow();
  const time = formatTime(rental.dueAt, language);
  const days = daysBetween(new Date(rental.dueAt), now);
  const late = Date.parse(rental.dueAt) <= now.getTime();
  const out = rental.lines.filter(({ quantity, returned }) => quantity > returned);
  const [first] = out;
  const phone = rental.partnerPhone;
  return (
    <li className={classes.row} data-testid="due-row" data-rental-id={rental.id}>
      <Link to="/rentals" search={{ rental: rental.id }} className={classes.what}>
        <span className={classes.when} data-late={late || undefined}>
          {!late
            ? own('dueToday.at', { time })
            : days > 0
              ? t('rentals.late', { count: days })
              : t('rentals.lateToday', { time })}
        </span>
        <span className={classes.title}>{rental.partnerName}</span>
        <span className={classes.sub}>
          {first !== undefined &&
            `${first.quantity - first.returned} × ${first.productName}${
              out.length > 1 ? ` ${own('more', { n: out.length - 1 })}` : ''
            } · `}
          {rental.locationName}
        </span>
      </Link>
      {phone === undefined ? (
        <span className={classes.noPhone}>{own('noPhone')}</span>
      ) : (
        <a
          className={classes.phone}
          href={`tel:${phone.replace(/[^\d+]/g, '')}`}
          aria-label={own('call', { name: rental.partnerName, phone })}
        >
          <IconPhone size={17} stroke={1.8} aria-hidden />
          {phone}
        </a>
      )}
    </li>
  );
}
