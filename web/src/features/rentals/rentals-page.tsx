import { IconPackageExport, IconPlus, IconSearch, IconX } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useClock } from '../../shared/clock';
import { formatFullDay, formatMoney, toDateField } from '../../shared/format';
import { type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useFollowedPages } from '../../shared/follow-pages';
import type { RentalOrder, RentalStatus } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { useSearchWords } from '../../shared/search-words';
import { refundInterval } from '../../api/refunds';
import { rentalQueryOptions, rentalsQueryOptions } from '../../api/rentals';
import '../../domain/rentals/messages';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { SelectField } from '../../shared/ui/controls/select-field';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { TextField } from '../../shared/ui/controls/text-field';
import { ListPage } from '../../shared/ui/list-page';
import { ExportButton } from '../../domain/exports/export-button';
import { PayModal } from '../../domain/payments/pay-modal';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { ChangeModal, type Changing } from './change-modal';
import { DueDays } from './due-days';
import './messages';
import type { RentalHandlers } from './rental-actions';
import { RentalDetails } from './rental-details';
import { RentalRow } from './rental-row';
import classes from './rentals-page.module.css';

const statuses: readonly RentalStatus[] = ['OPEN', 'OVERDUE', 'AWAITING_PAYMENT', 'RETURNED', 'CANCELLED'];

/** What is out, what is late, what waits for payment. */
export function RentalsPage() {
  const { t } = useTranslation();
  const { t: own } = useTranslation('rental');
  const { t: pages } = useTranslation('rentalPages');
  const language = useLanguage();
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/rentals' });
  const locationId = useLocationFilter();
  const status = address.status ?? null;
  const { out, owed, dueFrom, dueTo, sort } = address;
  const today = useClock(toDateField);
  const dueToday = dueFrom === today && dueTo === today;
  const due = dueFrom !== undefined || dueTo !== undefined;
  const limits = [
    out && t('dashboard.openRentals'),
    due && (dueToday ? t('dashboard.dueTodayLabel') : dayRange(dueFrom, dueTo, language)),
  ].filter((each) => typeof each === 'string');
  const show = (change: { [Name in keyof typeof address]?: (typeof address)[Name] | undefined }) =>
    void navigate({
      from: '/rentals',
      replace: true,
      search: (before) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined)),
    });
  const { words, setWords, search } = useSearchWords('/rentals');
  const filter = {
    status,
    locationId,
    out: out ?? null,
    owed: owed ?? null,
    dueFrom: dueFrom ?? null,
    dueTo: dueTo ?? null,
    search: search === '' ? null : search,
    // Days are looked through in their order.
    sort: sort ?? (due ? ('dueAt' as const) : ('overdue' as const)),
  };
  const list = useInfiniteQuery({ ...rentalsQueryOptions(filter), placeholderData: keepPreviousData });
  const rentals = list.data?.pages.flatMap((page) => page.items) ?? [];
  const owedTotal = list.data?.pages[0]?.owedTotal;
  const searching = useFollowedPages(list);
  const all = status === null && locationId === null && limits.length === 0 && owed === undefined;
  const [paying, setPaying] = useState<string | null>(null);
  const [changing, setChanging] = useState<Changing | null>(null);
  const handlers: RentalHandlers = { onPay: setPaying, onChange: setChanging };

  return (
    <>
      <ListPage
        label={own('list.title')}
        query={list}
        filters={
          <>
            <TextField
              type="search"
              className={classes.search}
              aria-label={pages('search')}
              placeholder={pages('search')}
              leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
              data-testid="rental-search"
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
            <Segmented<RentalStatus | 'ALL' | 'OWED'>
              label={own('list.status')}
              value={owed ? 'OWED' : (status ?? 'ALL')}
              onChange={(value) =>
                show({
                  status: value === 'ALL' || value === 'OWED' ? undefined : value,
                  owed: value === 'OWED' ? true : undefined,
                  out: undefined,
                })
              }
              options={[
                { value: 'ALL' as const, label: t('common.all') },
                ...statuses.map((value) => ({ value, label: t(`rentalStatus.${value}`) })),
                { value: 'OWED', label: own('owed.filter') },
              ]}
            />
            <DueDays from={dueFrom} to={dueTo} onChange={({ from, to }) => show({ dueFrom: from, dueTo: to })} />
            <SelectField
              className={classes.sort}
              aria-label={pages('sort.label')}
              value={sort ?? ''}
              onChange={(event) =>
                show({
                  sort: event.currentTarget.value === '' ? undefined : (event.currentTarget.value as RentalOrder),
                })
              }
              options={[
                { value: '', label: pages('sort.overdue') },
                { value: '-createdAt', label: pages('sort.newest') },
                { value: 'dueAt', label: pages('sort.due') },
              ]}
            />
            {owed && owedTotal !== undefined && (
              <p className={classes.owedTotal} data-testid="owed-total">
                {own('owed.total', { amount: formatMoney(owedTotal, language) })}
              </p>
            )}
            {limits.length > 0 && (
              <Button
                size="xs"
                variant="light"
                rightSection={<IconX size={14} stroke={2} aria-hidden />}
                aria-label={`${limits.join(' · ')}: ${t('common.clearFilters')}`}
                onClick={() => show({ out: undefined, dueFrom: undefined, dueTo: undefined })}
              >
                {limits.join(' · ')}
              </Button>
            )}
          </>
        }
        tools={<ExportButton list="rentals" filter={filter} />}
        action={
          <Link to="/rentals/new" className={classes.new}>
            <IconPlus size={18} aria-hidden />
            {own('list.new')}
          </Link>
        }
        empty={
          rentals.length > 0 || searching ? null : search !== '' ? (
            <EmptyState icon={<IconSearch size={24} stroke={1.7} />} title={pages('none')} hint={pages('noneHint')} />
          ) : (
            <EmptyState
              icon={<IconPackageExport size={24} stroke={1.7} />}
              title={owed ? own('owed.empty') : own(all ? 'list.empty' : 'list.emptyFilter')}
              hint={owed ? own('owed.emptyHint') : own(all ? 'list.emptyHint' : 'list.emptyFilterHint')}
            />
          )
        }
      >
        {searching && list.isFetching && <RowSkeletons rows={3} tall />}
        {rentals.map((rental) => (
          <RentalRow key={rental.id} rental={rental} {...handlers} />
        ))}
      </ListPage>
      <RentalModal
        id={address.rental}
        {...handlers}
        onClose={() => void navigate({ from: '/rentals', replace: true, search: ({ rental, ...filter }) => filter })}
      />
      {changing !== null && (
        <ChangeModal
          changing={changing}
          onPay={(rentalId) => {
            setChanging(null);
            setPaying(rentalId);
          }}
          onClose={() => setChanging(null)}
        />
      )}
      {paying !== null && <PayModal rentalId={paying} onClose={() => setPaying(null)} />}
    </>
  );
}

/** Days as people say them: `nov. 26. – dec. 3.`, or from one on, or until one. */
function dayRange(from: string | undefined, to: string | undefined, language: Language): string {
  const name = (day: string | undefined) => (day === undefined ? '…' : formatFullDay(day, language));
  return from === to ? name(from) : `${name(from)} – ${name(to)}`;
}

function RentalModal({ id, onClose, ...handlers }: { id: string | undefined; onClose: () => void } & RentalHandlers) {
  const { t } = useTranslation('rental');
  const { data, error, isFetching, refetch } = useQuery({
    ...rentalQueryOptions(id ?? ''),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => refundInterval(state.data?.refunds ?? []),
  });
  const title = data === undefined ? t('list.title') : [data.number, data.partnerName].filter(Boolean).join(' · ');
  return (
    <Modal opened={id !== undefined} onClose={onClose} wide title={title}>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {data === undefined && error === null && <Skeleton height={220} radius={12} />}
      {data !== undefined && <RentalDetails rental={data} {...handlers} />}
    </Modal>
  );
}
