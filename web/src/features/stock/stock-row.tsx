import { stockAuditId } from '../../api/audit';
import { HistoryButton } from '../../domain/audit/history-button';
import { OrderButton } from '../../domain/stock/order-button';
import { useTranslation } from '../../shared/i18n/i18n';
import type { StockItem } from '../../shared/model';
import { LevelBar } from '../../shared/ui/level-bar';
import list from '../../shared/ui/list-page.module.css';
import { SeverityPill } from '../../shared/ui/pill';
import { AdjustForm } from './adjust-form';
import { LevelsButton } from './levels-button';
import './messages';
import classes from './stock-page.module.css';

interface StockRowProps {
  item: StockItem;
  manager: boolean;
  /** The scan that found the row, and whether it is the only one that it found; null for the others. */
  scan: { id: number; only: boolean } | null;
}

/** One product at one location. */
export function StockRow({ item, manager, scan }: StockRowProps) {
  const { t } = useTranslation('stock');
  const level = Math.max(item.warningThreshold, item.criticalThreshold);

  return (
    <li
      className={`${list.row} ${classes.row}`}
      data-testid="stock-row"
      data-product-id={item.productId}
      data-location-id={item.locationId}
      data-severity={item.severity}
      data-sought={scan !== null || undefined}
    >
      <div className={classes.severity}>
        <SeverityPill severity={item.severity} />
      </div>
      <div className={`${list.what} ${classes.what}`}>
        <p className={list.title}>{item.productName}</p>
        <p className={list.sub}>
          {item.locationName}
          {item.archived && ` · ${t('archived')}`}
          {level > 0 && (
            <span> · {t('levelsLine', { warning: item.warningThreshold, critical: item.criticalThreshold })}</span>
          )}
        </p>
      </div>
      <div className={classes.level}>
        <span>
          <b data-testid="stock-quantity">{item.quantity}</b> {t('unit')}
        </span>
        <LevelBar quantity={item.quantity} level={level > 0 ? level * 2 : item.quantity} severity={item.severity} />
      </div>
      <AdjustForm item={item} focusFor={scan?.only === true ? scan.id : null} />
      <div className={`${list.actions} ${classes.actions}`}>
        {(item.severity !== 'OK' || item.expectedAt !== null) && <OrderButton item={item} />}
        {manager && <LevelsButton item={item} />}
        <HistoryButton
          of={{
            type: 'stock',
            id: stockAuditId(item.productId, item.locationId),
            stock: { productId: item.productId, locationId: item.locationId },
          }}
          name={item.productName}
          compact
        />
      </div>
    </li>
  );
}
