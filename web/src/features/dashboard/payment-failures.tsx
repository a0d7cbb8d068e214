import { IconCreditCard } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { failuresQueryOptions } from '../../api/payments';
import { useTranslation } from '../../shared/i18n/i18n';
import { lazyAhead } from '../../shared/lazy-ahead';
import { useLocationFilter } from '../../shared/location-filter';
import { FailureList } from '../../domain/payments/failure-list';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import classes from './compact-list.module.css';

const PayModal = lazyAhead(async () => (await import('../../domain/payments/pay-modal')).PayModal);

const shownAtMost = 4;

/** Failed payments, each with its next step; ours are paid at the row. */
export function PaymentFailures() {
  const { t } = useTranslation();
  const [paying, setPaying] = useState<string | null>(null);
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch } = useQuery({
    ...failuresQueryOptions(useLocationFilter()),
    placeholderData: keepPreviousData,
  });
  const failures = data?.items ?? [];
  const more = failures.length - shownAtMost;
  return (
    <Widget
      title={t('dashboard.failures')}
      count={failures.length}
      updatedAt={dataUpdatedAt}
      testId="payment-failures"
      aside={
        <Link to="/payments" search={failures.length > 0 ? { status: 'TODO' } : {}}>
          {t('common.all')}
        </Link>
      }
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={3} />}
      {data !== undefined && failures.length === 0 && (
        <EmptyState
          icon={<IconCreditCard size={24} stroke={1.7} />}
          title={t('dashboard.failuresEmpty')}
          hint={t('dashboard.failuresEmptyHint')}
        />
      )}
      {failures.length > 0 && <FailureList failures={failures} limit={shownAtMost} onPay={setPaying} />}
      {more > 0 && (
        <Link to="/payments" search={{ status: 'TODO' }} className={classes.more}>
          {t('dashboard.failuresMore', { n: more })}
        </Link>
      )}
      {paying !== null && (
        <Suspense>
          <PayModal rentalId={paying} onClose={() => setPaying(null)} />
        </Suspense>
      )}
    </Widget>
  );
}
