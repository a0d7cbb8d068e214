import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { openRefundsQueryOptions, refundInterval } from '../../api/refunds';
import { useTranslation } from '../../shared/i18n/i18n';
import { ErrorState } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import './messages';
import { RefundList } from './refund-list';

/** The refunds that the provider has not made yet, of one location or of all; nothing when there are none. */
export function OpenRefunds({ locationId, className }: { locationId: string | null; className?: string | undefined }) {
  const { t } = useTranslation('rental');
  const navigate = useNavigate();
  const { data, error, isFetching, hasNextPage, refetch, dataUpdatedAt } = useInfiniteQuery({
    ...openRefundsQueryOptions(locationId),
    refetchInterval: ({ state }) => refundInterval(state.data?.pages.flatMap(({ items }) => items) ?? []),
  });
  const refunds = data?.pages.flatMap(({ items }) => items) ?? [];
  if (error === null && refunds.length === 0) return null;
  return (
    <Widget
      title={t('refund.open')}
      count={refunds.length}
      more={hasNextPage}
      updatedAt={dataUpdatedAt}
      testId="open-refunds"
      {...(className !== undefined && { className })}
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      <p className="field-hint">{t('refund.openHint')}</p>
      <RefundList
        refunds={refunds}
        onOpen={(rentalId) => void navigate({ to: '/rentals', search: { rental: rentalId } })}
      />
    </Widget>
  );
}
