import { IconTruckDelivery } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useClock } from '../../shared/clock';
import { formatDay } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { lazyAhead } from '../../shared/lazy-ahead';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Popover } from '../../shared/ui/controls/popover';
import classes from './order-button.module.css';

const OrderForm = lazyAhead(async () => (await import('./order-form')).OrderForm);

/** "Megrendelve": a date that keeps the item's alerts silent until then. */
export function OrderButton({ item }: { item: StockItem }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { expectedAt } = item;
  const expected = useClock((now) => expectedAt && formatDay(expectedAt, language, now));
  const [open, setOpen] = useState(false);
  const title = useId();

  return (
    <Popover
      opened={open}
      onOpenedChange={setOpen}
      className={classes.dropdown}
      aria-labelledby={title}
      target={
        <Button
          variant="default"
          size="xs"
          className={expected === null ? undefined : classes.ordered}
          leftSection={<IconTruckDelivery size={16} stroke={1.7} aria-hidden />}
        >
          {expected ?? t('dashboard.order')}
        </Button>
      }
    >
      <OrderForm item={item} titleId={title} onClose={() => setOpen(false)} />
    </Popover>
  );
}
