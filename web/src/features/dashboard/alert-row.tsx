import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useClock } from '../../shared/clock';
import { formatDay } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { StockAlert } from '../../shared/model';
import { ClaimButton, ClaimState } from '../../domain/claims/claim-button';
import { LevelBar } from '../../shared/ui/level-bar';
import { LiveMark } from '../../shared/ui/live-mark';
import { OrderButton } from '../../domain/stock/order-button';
import { Pill, SeverityPill } from '../../shared/ui/pill';
import classes from './stock-alert-list.module.css';

/** Drawn again only when it changes: there may be hundreds. */
export const AlertRow = memo(function AlertRow({
  alert,
  gone,
  changes,
}: {
  alert: StockAlert;
  gone: boolean;
  changes: number;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { eventId, expectedAt } = alert;
  const expected = useClock((now) => expectedAt && formatDay(expectedAt, language, now));

  const threshold = alert.severity === 'CRITICAL' ? alert.criticalThreshold : alert.warningThreshold;

  return (
    <li
      className={classes.row}
      data-testid="alert-row"
      data-severity={alert.severity}
      data-gone={gone || undefined}
      data-product-id={alert.productId}
      data-location-id={alert.locationId}
    >
      <LiveMark count={changes} />
      <div className={classes.severity}>
        {gone ? <Pill tone="green">{t('dashboard.undone')}</Pill> : <SeverityPill severity={alert.severity} />}
      </div>
      <div className={classes.what}>
        <Link
          to="/stock"
          search={{ search: alert.productName, location: alert.locationId }}
          className={classes.product}
        >
          {alert.productName}
        </Link>
        <p className={`facts ${classes.where}`}>
          <span>{alert.locationName}</span>
          <ClaimState since={alert.since} claim={alert.claim} waits={eventId !== null && expectedAt === null} />
          {expected !== null && <span>{t('dashboard.ordered', { date: expected })}</span>}
        </p>
      </div>
      <div className={classes.level}>
        <span>{t('common.of', { quantity: alert.quantity, threshold })}</span>
        <LevelBar quantity={alert.quantity} level={threshold} severity={alert.severity} />
      </div>
      <div className={classes.actions}>
        {eventId !== null && <ClaimButton eventId={eventId} claim={alert.claim} subject={alert.productName} />}
        <OrderButton item={alert} />
      </div>
    </li>
  );
});
