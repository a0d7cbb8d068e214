import { Button, Modal, Skeleton } from '@mantine/core';
import { IconPackageExport, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useOffline } from '../../shared/connection';
import type { RentalStatus } from '../../shared/model';
import { rentalQueryOptions, rentalsQueryOptions } from '../../shared/queries';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Age } from '../../shared/ui/widget';
import { RentalDetails } from './rental-details';
import { RentalRow } from './rental-row';
import classes from './rentals-page.module.css';

const statuses: readonly RentalStatus[] = ['OPEN', 'OVERDUE', 'AWAITING_PAYMENT', 'RETURNED', 'CANCELLED'];

/** What is out, what is late, what waits for payment. */
export function RentalsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/rentals' });
  const offline = useOffline();
  const status = address.status ?? null;
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(rentalsQueryOptions(status));
  const rentals = data?.pages.flatMap((page) => page.items) ?? [];
  const stale = offline && data !== undefined;

  return (
    <div className={classes.page}>
      <div className={classes.filters}>
        <Segmented<RentalStatus | 'ALL'>
          label={t('rentals.status')}
          value={status ?? 'ALL'}
          onChange={(value) => void navigate({ to: '/rentals', replace: true, search: value === 'ALL' ? {} : { status: value } })}
          options={[{ value: 'ALL' as const, label: t('common.all') }, ...statuses.map((value) => ({ value, label: t(`rentalStatus.${value}`) }))]}
        />
        {stale && <Age since={dataUpdatedAt} />}
        <Link to="/rentals/new" className={classes.new}>
          <IconPlus size={18} aria-hidden />
          {t('rentals.new')}
        </Link>
      </div>
      <section className={classes.panel} aria-label={t('rentals.title')} aria-busy={isFetching} data-offline={stale || undefined}>
        {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
        {isPending && <RowSkeletons rows={8} tall />}
        {data !== undefined && rentals.length === 0 && (
          <EmptyState
            icon={<IconPackageExport size={24} stroke={1.7} />}
            title={t(status === null ? 'rentals.empty' : 'rentals.emptyFilter')}
            hint={t(status === null ? 'rentals.emptyHint' : 'rentals.emptyFilterHint')}
          />
        )}
        {rentals.length > 0 && (
          <ul className={classes.list}>
            {rentals.map((rental) => (
              <RentalRow key={rental.id} rental={rental} />
            ))}
          </ul>
        )}
      </section>
      {hasNextPage && (
        <Button className={classes.more} variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      <RentalModal
        id={address.rental}
        onClose={() => void navigate({ to: '/rentals', replace: true, search: status === null ? {} : { status } })}
      />
    </div>
  );
}

function RentalModal({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, isFetching, refetch } = useQuery({ ...rentalQueryOptions(id ?? ''), enabled: id !== undefined });
  return (
    <Modal
      opened={id !== undefined}
      onClose={onClose}
      size="lg"
      title={data?.partnerName ?? t('rentals.title')}
      classNames={{ content: classes.modal, header: classes.modalHeader, title: classes.modalTitle, body: classes.modalBody }}
      closeButtonProps={{ 'aria-label': t('common.close'), size: 'lg' }}
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {data === undefined && error === null && <Skeleton height={220} radius={12} />}
      {data !== undefined && <RentalDetails rental={data} />}
    </Modal>
  );
}
