import { Form, useForm } from '@formisch/react';
import * as v from 'valibot';
import { useSetExpected } from '../../api/stock';
import { serverTime, useClock } from '../../shared/clock';
import { formErrors } from '../../shared/form-errors';
import { addDays, endOfDay, toDateField } from '../../shared/format';
import { useTranslation } from '../../shared/i18n/i18n';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import classes from './order-button.module.css';

/** A day as the date field has it; today or later. */
const orderSchema = v.object({
  expectedAt: v.pipe(
    v.string(),
    v.check((day) => endOfDay(day) !== null && day >= toDateField(serverTime()), message('page:dashboard.orderPast')),
  ),
});

/** Asks for the day on which the item is expected. */
export function OrderForm({ item, titleId, onClose }: { item: StockItem; titleId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { expectedAt } = item;
  const today = useClock(toDateField);
  const form = useForm({
    schema: orderSchema,
    initialInput: {
      expectedAt: toDateField(expectedAt === null ? addDays(serverTime(), 2) : new Date(expectedAt)),
    },
  });
  const save = useSetExpected(item, { onSuccess: onClose });
  const refusal = formErrors(save.error, ['expectedAt'], t);
  return (
    <Form of={form} onSubmit={(order) => save.mutate(endOfDay(order.expectedAt))}>
      <p id={titleId} className={classes.title}>
        {t('dashboard.orderTitle')}
      </p>
      <p className={classes.product}>
        {item.productName} · {item.locationName}
      </p>
      <FormField of={form} name="expectedAt" refusal={refusal.fields.expectedAt}>
        {(control) => (
          <TextField {...control} type="date" aria-label={t('dashboard.orderTitle')} data-autofocus min={today} />
        )}
      </FormField>
      <p className="field-hint">{t('dashboard.orderHint')}</p>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" size="xs" loading={save.isPending}>
          {t('dashboard.orderSave')}
        </Button>
        {expectedAt !== null && (
          <Button variant="default" size="xs" disabled={save.isPending} onClick={() => save.mutate(null)}>
            {t('dashboard.orderClear')}
          </Button>
        )}
      </div>
    </Form>
  );
}
