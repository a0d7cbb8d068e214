import { IconPackageExport, IconPlus, IconX } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useClock } from '../../shared/clock';
import { formatMoney, toDateField } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { RentalStatus } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { refundInterval } from '../../api/refunds';
import { rentalQueryOptions, rentalsQueryOptions } from '../../api/rentals';
import '../../domain/rentals/messages';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { ListPage } from '../../shared/ui/list-page';
import { ExportButton } from '../../domain/exports/export-button';
import { PayModal } from '../../domain/payments/pay-modal';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, ErrorState } from '../../shared/ui/states';
import { ChangeModal, type Changing } from './change-modal';
import type { RentalHandlers } from './rental-actions';
import { RentalDetails } from './rental-details';
import { RentalRow } from './rental-row';
import classes from './rentals-page.module.css';

const statuses: readonly RentalStatus[] = ['OPEN', 'OVERDUE', 'AWAITING_PAYMENT', 'RETURNED', 'CANCELLED'];

/** What is out, what is late, what waits for payment. */
export function RentalsPage() {
  const { t } = useTranslation();
  const { t: own } = useTranslation('rental');
  const language = useLanguage();
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/rentals' });
  const locationId = useLocationFilter();
  const status = address.status ?? null;
  const { out, owed, dueFrom, dueTo } = address;
  const today = useClock(toDateField);
  const dueToday = dueFrom === today && dueTo === today;
  const due = dueFrom !== undefined || dueTo !== undefined;
  const limits = [
    out && t('dashboard.openRentals'),
    due && (dueToday ? t('dashboard.dueTodayLabel') : `${dueFrom ?? '…'} – ${dueTo ?? '…'}`),
  ].filter((each) => typeof each === 'string');
  const filter = {
    status,
    locationId,
    out: out ?? null,
    owed: owed ?? null,
    dueFrom: dueFrom ?? null,
    dueTo: dueTo ?? null,
  };
  const list = useInfiniteQuery({ ...rentalsQueryOptions(filter), placeholderData: keepPreviousData });
  const rentals = list.data?.pages.flatMap((page) => page.items) ?? [];
  const owedTotal = list.data?.pages[0]?.owedTotal;
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
            <Segmented<RentalStatus | 'ALL' | 'OWED'>
              label={own('list.status')}
              value={owed ? 'OWED' : (status ?? 'ALL')}
              onChange={(value) =>
                void navigate({
                  to: '/rentals',
                  replace: true,
                  search: value === 'ALL' ? {} : value === 'OWED' ? { owed: true } : { status: value },
                })
              }
              options={[
                { value: 'ALL' as const, label: t('common.all') },
                ...statuses.map((value) => ({ value, label: t(`rentalStatus.${value}`) })),
                { value: 'OWED', label: own('owed.filter') },
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
                onClick={() =>
                  void navigate({ to: '/rentals', replace: true, search: status === null ? {} : { status } })
                }
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
          rentals.length > 0 ? null : (
            <EmptyState
              icon={<IconPackageExport size={24} stroke={1.7} />}
              title={owed ? own('owed.empty') : own(all ? 'list.empty' : 'list.emptyFilter')}
              hint={owed ? own('owed.emptyHint') : own(all ? 'list.emptyHint' : 'list.emptyFilterHint')}
            />
          )
        }
      >
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

function RentalModal({ id, onClose, ...handlers }: { id: string | undefined; onClose: () => void } & RentalHandlers) {
  const { t } = useTranslation('rental');
  const { data, error, isFetching, refetch } = useQuery({
    ...rentalQueryOptions(id ?? ''),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => refundInterval(state.data?.refunds ?? []),
  });
  return (
    <Modal opened={id !== undefined} onClose={onClose} wide title={data?.partnerName ?? t('list.title')}>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {data === undefined && error === null && <Skeleton height={220} radius={12} />}
      {data !== undefined && <RentalDetails rental={data} {...handlers} />}
    </Modal>
  );
}
