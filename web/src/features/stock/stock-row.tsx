import { IconAdjustmentsHorizontal, IconChevronDown } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { stockAuditId } from '../../api/audit';
import { HistoryButton } from '../../domain/audit/history-button';
import { OrderButton } from '../../domain/stock/order-button';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { StockListItem } from '../../shared/model';
import { IconButton } from '../../shared/ui/controls/icon-button';
import { LevelBar } from '../../shared/ui/level-bar';
import list from '../../shared/ui/list-page.module.css';
import { LiveMark } from '../../shared/ui/live-mark';
import { SeverityPill } from '../../shared/ui/pill';
import { AdjustForm } from './adjust-form';
import { LevelsButton } from './levels-button';
import './messages';
import { StockDetails } from './stock-details';
import classes from './stock-page.module.css';

interface StockRowProps {
  item: StockListItem;
  /** It left the list while the order was frozen. */
  gone: boolean;
  changes: number;
  manager: boolean;
  /** The scan that found the row, and whether it is the only one that it found; null for the others. */
  scan: { id: number; only: boolean } | null;
}

/** One product at one location. */
export function StockRow({ item, gone, changes, manager, scan }: StockRowProps) {
  const { t } = useTranslation('stock');
  const language = useLanguage();
  const details = useId();
  const [open, setOpen] = useState(false);
  const level = Math.max(item.warningThreshold, item.criticalThreshold);
  const total = item.out === undefined ? undefined : item.quantity + item.out;

  return (
    <li
      className={`${list.row} ${classes.row}`}
      data-testid="stock-row"
      data-product-id={item.productId}
      data-location-id={item.locationId}
      data-severity={item.severity}
      data-sought={scan !== null || undefined}
      data-gone={gone || undefined}
    >
      <LiveMark count={changes} />
      <div className={classes.severity}>
        <SeverityPill severity={item.severity} />
      </div>
      <div className={`${list.what} ${classes.what}`}>
        <p className={list.title}>{item.productName}</p>
        <p className={`facts ${list.sub}`}>
          <span>{item.locationName}</span>
          <span>{t('perDay', { amount: formatMoney(item.dailyPrice, language) })}</span>
          {item.barcodes[0] !== undefined && <span className={classes.code}>{item.barcodes[0]}</span>}
          {item.archived && <span>{t('archived')}</span>}
        </p>
      </div>
      <div className={classes.level}>
        <span>
          <b data-testid="stock-quantity">{item.quantity}</b> {total === undefined ? t('free') : t('freeOf', { total })}
        </span>
        <LevelBar quantity={item.quantity} level={level > 0 ? level * 2 : item.quantity} severity={item.severity} />
      </div>
      <AdjustForm item={item} focusFor={scan?.only === true ? scan.id : null} />
      <div className={`${list.actions} ${classes.actions}`}>
        {(item.severity !== 'OK' || item.expectedAt !== null) && <OrderButton item={item} />}
        {manager && (
          <LevelsButton item={item} icon={<IconAdjustmentsHorizontal size={18} stroke={1.7} aria-hidden />} />
        )}
        <HistoryButton
          of={{
            type: 'stock',
            id: stockAuditId(item.productId, item.locationId),
            stock: { productId: item.productId, locationId: item.locationId },
          }}
          name={item.productName}
          compact
        />
        <IconButton
          aria-label={t('details', { product: item.productName })}
          title={t('returns')}
          aria-expanded={open}
          aria-controls={open ? details : undefined}
          data-testid="stock-details"
          className={classes.toggle}
          onClick={() => setOpen(!open)}
        >
          <IconChevronDown size={18} stroke={1.7} aria-hidden />
        </IconButton>
      </div>
      {open && <StockDetails id={details} item={item} />}
    </li>
  );
}
