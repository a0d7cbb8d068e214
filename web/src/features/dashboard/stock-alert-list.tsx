import { IconBuildingWarehouse, IconCircleCheck } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { serverTime, useClock } from '../../shared/clock';
import { useOffline } from '../../shared/connection';
import { formatAgo } from '../../shared/format';
import { useListInteraction } from '../../shared/list-interaction';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { StockAlert } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { summaryQueryOptions } from '../../api/dashboard';
import { alertsQueryOptions } from '../../api/stock';
import { useStableRows } from '../../shared/stable-rows';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import { AlertRow } from './alert-row';
import compact from './compact-list.module.css';
import './messages';
import classes from './stock-alert-list.module.css';

const keyOf = (alert: StockAlert) => `${alert.productId}/${alert.locationId}`;
const signatureOf = (alert: StockAlert) =>
  `${alert.severity}/${alert.quantity}/${alert.claim?.by?.id ?? ''}/${alert.expectedAt ?? ''}`;

/** What runs out, worst first, each with its next step and who has it. */
export function StockAlertList() {
  const { t } = useTranslation();
  const { t: own } = useTranslation('dashboard');
  const language = useLanguage();
  const location = useLocationFilter();
  const offline = useOffline();
  const { interacting, handlers } = useListInteraction();
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch } = useQuery(alertsQueryOptions());
  const fresh = useClock((now) => formatAgo(isPending ? now : serverTime(dataUpdatedAt), language, now));
  // Where there is no stock at all, nothing is in order either.
  const summary = useQuery({ ...summaryQueryOptions(location), placeholderData: keepPreviousData });
  const { critical = 0, warning = 0, ok = 0 } = summary.data?.stock ?? {};
  const nothing = summary.data !== undefined && critical + warning + ok === 0;
  const rows = useStableRows(data?.items, keyOf, signatureOf, interacting);
  const shown = rows.filter(({ row }) => location === null || row.locationId === location);
  const open = shown.filter((each) => !each.gone).length;
  const more = data !== undefined && data.nextCursor !== null;

  return (
    <Widget
      title={t('dashboard.alerts')}
      count={open}
      more={more}
      updatedAt={dataUpdatedAt}
      testId="stock-alert-list"
      aside={
        <span className={classes.aside}>
          {!offline && <span data-unknown={data === undefined || undefined}>{t('common.fresh', { ago: fresh })}</span>}
          <Link to="/stock">{t('dashboard.alertsAll')}</Link>
        </span>
      }
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {(isPending || (summary.isPending && shown.length === 0)) && <RowSkeletons rows={5} />}
      {data !== undefined && shown.length === 0 && nothing && (
        <EmptyState
          icon={<IconBuildingWarehouse size={24} stroke={1.7} />}
          title={own('nothingYet')}
          hint={own('nothingYetHint')}
        />
      )}
      {data !== undefined && shown.length === 0 && !nothing && !summary.isPending && (
        <EmptyState
          icon={<IconCircleCheck size={26} stroke={1.7} />}
          title={location === null ? t('dashboard.alertsEmpty') : t('dashboard.alertsEmptyLocation')}
          hint={t('dashboard.alertsEmptyHint')}
        />
      )}
      {shown.length > 0 && (
        <ul className={classes.list} {...handlers}>
          {shown.map(({ key, row, gone, changes }) => (
            <AlertRow key={key} alert={row} gone={gone} changes={changes} />
          ))}
        </ul>
      )}
      {more && (
        <Link to="/stock" search={{ severity: 'WARNING' }} className={compact.more}>
          {t('dashboard.alertsMore', { n: data.items.length })}
        </Link>
      )}
    </Widget>
  );
}
