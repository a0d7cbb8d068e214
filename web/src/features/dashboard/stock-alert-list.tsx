import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { serverTime, useClock } from '../../shared/clock';
import { useOffline } from '../../shared/connection';
import { formatAgo } from '../../shared/format';
import { useHeld } from '../../shared/held';
import { useLanguage } from '../../shared/i18n/i18n';
import type { StockAlert } from '../../shared/model';
import { usePlace } from '../../shared/place';
import { alertsQueryOptions } from '../../shared/queries';
import { useSettledRows } from '../../shared/settled-rows';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import { AlertRow } from './alert-row';
import compact from './compact-list.module.css';
import classes from './stock-alert-list.module.css';

const keyOf = (alert: StockAlert) => `${alert.productId}/${alert.locationId}`;
const signOf = (alert: StockAlert) =>
  `${alert.severity}/${alert.quantity}/${alert.claim?.by?.id ?? ''}/${alert.expectedAt ?? ''}`;

/** What runs out, worst first, each with its next step and who has it. */
export function StockAlertList() {
  const { t } = useTranslation();
  const language = useLanguage();
  const place = usePlace();
  const offline = useOffline();
  const { held, watch } = useHeld();
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch } = useQuery(alertsQueryOptions());
  const fresh = useClock((now) => formatAgo(serverTime(dataUpdatedAt), language, now));
  const rows = useSettledRows(data?.items, keyOf, signOf, held);
  const shown = rows.filter(({ row }) => place === null || row.locationId === place);
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
          {data !== undefined && !offline && <span>{t('common.fresh', { ago: fresh })}</span>}
          <Link to="/stock">{t('dashboard.alertsAll')}</Link>
        </span>
      }
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={5} />}
      {data !== undefined && shown.length === 0 && (
        <EmptyState
          icon={<IconCircleCheck size={26} stroke={1.7} />}
          title={place === null ? t('dashboard.alertsEmpty') : t('dashboard.alertsEmptyPlace')}
          hint={t('dashboard.alertsEmptyHint')}
        />
      )}
      {shown.length > 0 && (
        <ul className={classes.list} {...watch}>
          {shown.map(({ key, row, gone, marked }) => (
            <AlertRow key={key} alert={row} gone={gone} marked={marked} />
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
