import { IconTruckDelivery } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSetExpected } from '../../api/stock';
import { serverTime, useClock } from '../../shared/clock';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import { addDays, endOfDay, formatDay, toDateField } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Popover } from '../../shared/ui/controls/popover';
import { TextField } from '../../shared/ui/controls/text-field';
import classes from './order-button.module.css';

/** "Megrendelve": a date that keeps the item's alerts silent until then. */
export function OrderButton({ item }: { item: StockItem }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { expectedAt } = item;
  const today = useClock(toDateField);
  const expected = useClock((now) => expectedAt && formatDay(expectedAt, language, now));
  const [open, setOpen] = useState(false);
  const [date, setDate] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const title = useId();

  const save = useSetExpected(item, {
    onSuccess: () => setOpen(false),
    onError: (error) => setProblem(fieldSentence(error, 'expectedAt', t) ?? errorSentence(error, t)),
  });

  const show = () => {
    setDate(toDateField(expectedAt === null ? addDays(serverTime(), 2) : new Date(expectedAt)));
    setProblem(null);
    setOpen(true);
  };
  const submit = () => {
    const until = endOfDay(date);
    if (until === null || date < today) {
      setProblem(t('dashboard.orderPast'));
      return;
    }
    setProblem(null);
    save.mutate(until);
  };

  return (
    <Popover
      opened={open}
      onOpenedChange={(next) => (next ? show() : setOpen(false))}
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
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p id={title} className={classes.title}>
          {t('dashboard.orderTitle')}
        </p>
        <p className={classes.product}>
          {item.productName} · {item.locationName}
        </p>
        <TextField
          type="date"
          aria-label={t('dashboard.orderTitle')}
          data-autofocus
          min={today}
          value={date}
          error={problem}
          onChange={(event) => setDate(event.currentTarget.value)}
        />
        <p className="field-hint">{t('dashboard.orderHint')}</p>
        <div className={classes.buttons}>
          <Button type="submit" size="xs" loading={save.isPending}>
            {t('dashboard.orderSave')}
          </Button>
          {expected !== null && (
            <Button variant="default" size="xs" disabled={save.isPending} onClick={() => save.mutate(null)}>
              {t('dashboard.orderClear')}
            </Button>
          )}
        </div>
      </form>
    </Popover>
  );
}
