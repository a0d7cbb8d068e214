import { IconPackageExport, IconPlus, IconX } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClock } from '../../shared/clock';
import { toDateField } from '../../shared/format';
import type { RentalStatus } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { rentalQueryOptions, rentalsQueryOptions } from '../../api/rentals';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { ListPage } from '../../shared/ui/list-page';
import { ExportButton } from '../../domain/exports/export-button';
import { PayModal } from '../../domain/payments/pay-modal';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, ErrorState } from '../../shared/ui/states';
import { RentalDetails } from './rental-details';
import { RentalRow } from './rental-row';
import classes from './rentals-page.module.css';

const statuses: readonly RentalStatus[] = ['OPEN', 'OVERDUE', 'AWAITING_PAYMENT', 'RETURNED', 'CANCELLED'];

/** What is out, what is late, what waits for payment. */
export function RentalsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/rentals' });
  const locationId = useLocationFilter();
  const status = address.status ?? null;
  const { out, dueFrom, dueTo } = address;
  const today = useClock(toDateField);
  const dueToday = dueFrom === today && dueTo === today;
  const due = dueFrom !== undefined || dueTo !== undefined;
  const limits = [
    out && t('dashboard.openRentals'),
    due && (dueToday ? t('dashboard.dueTodayLabel') : `${dueFrom ?? '…'} – ${dueTo ?? '…'}`),
  ].filter((each) => typeof each === 'string');
  const filter = { status, locationId, out: out ?? null, dueFrom: dueFrom ?? null, dueTo: dueTo ?? null };
  const list = useInfiniteQuery({ ...rentalsQueryOptions(filter), placeholderData: keepPreviousData });
  const rentals = list.data?.pages.flatMap((page) => page.items) ?? [];
  const all = status === null && locationId === null && limits.length === 0;
  const [paying, setPaying] = useState<string | null>(null);

  return (
    <>
      <ListPage
        label={t('rentals.title')}
        query={list}
        filters={
          <>
            <Segmented<RentalStatus | 'ALL'>
              label={t('rentals.status')}
              value={status ?? 'ALL'}
              onChange={(value) =>
                void navigate({ to: '/rentals', replace: true, search: value === 'ALL' ? {} : { status: value } })
              }
              options={[
                { value: 'ALL' as const, label: t('common.all') },
                ...statuses.map((value) => ({ value, label: t(`rentalStatus.${value}`) })),
              ]}
            />
            {limits.length > 0 && (
              <Button
                size="xs"
                variant="light"
                rightSection={<IconX size={14} stroke={2} aria-hidden />}
                aria-label={`${limits.join(' · ')}: ${t('stock.clear')}`}
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
            {t('rentals.new')}
          </Link>
        }
        empty={
          rentals.length > 0 ? null : (
            <EmptyState
              icon={<IconPackageExport size={24} stroke={1.7} />}
              title={t(all ? 'rentals.empty' : 'rentals.emptyFilter')}
              hint={t(all ? 'rentals.emptyHint' : 'rentals.emptyFilterHint')}
            />
          )
        }
      >
        {rentals.map((rental) => (
          <RentalRow key={rental.id} rental={rental} onPay={setPaying} />
        ))}
      </ListPage>
      <RentalModal
        id={address.rental}
        onPay={setPaying}
        onClose={() => void navigate({ from: '/rentals', replace: true, search: ({ rental, ...filter }) => filter })}
      />
      {paying !== null && <PayModal rentalId={paying} onClose={() => setPaying(null)} />}
    </>
  );
}

function RentalModal({
  id,
  onPay,
  onClose,
}: {
  id: string | undefined;
  onPay: (rentalId: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { data, error, isFetching, refetch } = useQuery({ ...rentalQueryOptions(id ?? ''), enabled: id !== undefined });
  return (
    <Modal opened={id !== undefined} onClose={onClose} wide title={data?.partnerName ?? t('rentals.title')}>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {data === undefined && error === null && <Skeleton height={220} radius={12} />}
      {data !== undefined && <RentalDetails rental={data} onPay={onPay} />}
    </Modal>
  );
}
