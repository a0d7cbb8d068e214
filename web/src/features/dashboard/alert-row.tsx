import { Button } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { claimEvent, releaseEvent } from '../../shared/claim';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { formatAgo, formatDay } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import type { StockAlert } from '../../shared/model';
import { useUser } from '../../shared/session';
import { LevelBar } from '../../shared/ui/level-bar';
import { OrderButton } from '../../shared/ui/order-button';
import { Pill, SeverityPill } from '../../shared/ui/pill';
import classes from './stock-alert-list.module.css';

/** After this long without a taker the row says so. */
const lonelyAfter = 10 * 60_000;

export function AlertRow({ alert, gone, marked }: { alert: StockAlert; gone: boolean; marked: number }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const user = useUser();
  const client = useQueryClient();
  const { eventId } = alert;
  const by = alert.claim?.by ?? null;

  const claiming = useMutation({
    mutationFn: (take: boolean) => (take ? claimEvent(eventId ?? '') : releaseEvent(eventId ?? '')),
    onSettled: () => client.invalidateQueries({ queryKey: ['dashboard-inventory', 'alerts'] }),
  });

  const threshold = alert.severity === 'CRITICAL' ? alert.criticalThreshold : alert.warningThreshold;
  const lonely =
    by === null && eventId !== null && alert.expectedAt === null && now.getTime() - new Date(alert.since).getTime() >= lonelyAfter;

  return (
    <li className={classes.row} data-testid="alert-row" data-severity={alert.severity} data-gone={gone || undefined} data-product-id={alert.productId} data-location-id={alert.locationId}>
      {marked > 0 && <span key={marked} className={classes.mark} aria-hidden />}
      <div className={classes.severity}>{gone ? <Pill tone="green">{t('dashboard.undone')}</Pill> : <SeverityPill severity={alert.severity} />}</div>
      <div className={classes.what}>
        <Link to="/stock" search={{ search: alert.productName, location: alert.locationId }} className={classes.product}>
          {alert.productName}
        </Link>
        <p className={classes.where}>
          <span>{alert.locationName}</span>
          {!lonely && <span>{formatAgo(alert.since, language, now)}</span>}
          {lonely && <span className={classes.lonely}>{t('dashboard.nobody', { ago: formatAgo(alert.since, language, now) })}</span>}
          {by !== null && (
            <span className={classes.claimed} data-mine={by.id === user.id || undefined}>
              <IconUserCheck size={15} stroke={1.9} aria-hidden />
              {by.id === user.id ? t('dashboard.claimedByMe') : t('dashboard.claimed', { name: by.name })}
            </span>
          )}
          {alert.expectedAt !== null && <span>{t('dashboard.ordered', { date: formatDay(alert.expectedAt, language, now) })}</span>}
        </p>
      </div>
      <div className={classes.level}>
        <span>{t('common.of', { quantity: alert.quantity, threshold })}</span>
        <LevelBar quantity={alert.quantity} level={threshold} severity={alert.severity} />
      </div>
      <div className={classes.actions}>
        {by === null ? (
          eventId !== null && (
            <Button
              size="xs"
              variant="light"
              loading={claiming.isPending}
              aria-label={`${t('dashboard.claim')}: ${alert.productName}`}
              onClick={() => claiming.mutate(true)}
            >
              {t('dashboard.claim')}
            </Button>
          )
        ) : (
          by.id === user.id && (
            <Button size="xs" variant="subtle" loading={claiming.isPending} aria-label={`${t('dashboard.release')}: ${alert.productName}`} onClick={() => claiming.mutate(false)}>
              {t('dashboard.release')}
            </Button>
          )
        )}
        <OrderButton item={alert} />
      </div>
      {claiming.error !== null && (
        <p className={classes.problem} role="alert">
          {errorSentence(claiming.error, t)}
        </p>
      )}
    </li>
  );
}
