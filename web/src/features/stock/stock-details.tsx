import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { stockReturnsQueryOptions } from '../../api/stock';
import { dueMoment, statusAt } from '../../domain/rentals/due';
import { useNow } from '../../shared/clock';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { StockListItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { RentalPill } from '../../shared/ui/pill';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import './messages';
import classes from './stock-page.module.css';

/** Who has pieces of an item and when they come back; its levels and codes. */
export function StockDetails({ id, item }: { id: string; item: StockListItem }) {
  const { t } = useTranslation('stock');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const query = useInfiniteQuery(stockReturnsQueryOptions(item.productId, item.locationId));
  const returns = query.data?.pages.flatMap((page) => page.items) ?? [];
  const { warningThreshold: warning, criticalThreshold: critical } = item;
  // With all of them known, what is missing is reserved.
  const out = returns.reduce((sum, { quantity }) => sum + quantity, 0);
  const reserved = query.data !== undefined && !query.hasNextPage ? Math.max(0, (item.out ?? out) - out) : 0;

  return (
    <div id={id} className={classes.details}>
      <section aria-label={`${t('returns')}: ${item.productName}`} aria-busy={query.isFetching}>
        <h2>{t('returns')}</h2>
        {query.error !== null && (
          <ErrorState error={query.error} busy={query.isFetching} onRetry={() => query.refetch()} />
        )}
        {query.isPending && <RowSkeletons rows={2} />}
        {query.data !== undefined && returns.length === 0 && reserved === 0 && <p>{t('returnsNone')}</p>}
        <ul>
          {returns.map((each) => {
            const status = statusAt(each, now);
            return (
              <li key={each.rentalId} data-testid="stock-return">
                <b>{dueMoment(each.dueAt, language, now)}</b>
                <span>{t('pieces', { n: each.quantity })}</span>
                <Link to="/rentals" search={{ rental: each.rentalId }}>
                  {each.partnerName}
                </Link>
                {status === 'OVERDUE' && <RentalPill status={status} />}
              </li>
            );
          })}
        </ul>
        {reserved > 0 && <p>{t('returnsReserved', { n: reserved })}</p>}
        {query.hasNextPage && (
          <Button
            variant="default"
            size="xs"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {common('common.more')}
          </Button>
        )}
      </section>
      <section aria-label={`${t('levelsTitle')}: ${item.productName}`}>
        <h2>{t('levelsTitle')}</h2>
        <p>
          {warning > 0 && critical > 0
            ? t('levelsBoth', { warning, critical })
            : warning > 0
              ? t('levelsWarning', { warning })
              : t('levelsNone')}
        </p>
        {item.barcodes.length > 0 && (
          <>
            <h2>{t('codes')}</h2>
            <p className={classes.code}>{item.barcodes.join(', ')}</p>
          </>
        )}
      </section>
    </div>
  );
}
