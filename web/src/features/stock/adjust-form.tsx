import { focus, Form, getInput, reset, useForm } from '@formisch/react';
import { IconCheck } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import * as v from 'valibot';
import { useAdjustStock } from '../../api/stock';
import { formErrors } from '../../shared/form-errors';
import { formatNumber } from '../../shared/format';
import { ApiError } from '../../shared/http';
import { type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { StockItem } from '../../shared/model';
import { ConfirmModal } from '../../shared/ui/confirm-modal';
import { Button } from '../../shared/ui/controls/button';
import { SuggestField } from '../../shared/ui/controls/combobox';
import { FormField, message } from '../../shared/ui/form-field';
import { StepInput, wholeNumber } from '../../shared/ui/step-input';
import './messages';
import classes from './stock-page.module.css';

const adjustSchema = v.pipe(
  v.object({
    delta: v.pipe(
      v.string(),
      v.check((text) => (wholeNumber(text) ?? 0) !== 0, message('stock:deltaInvalid')),
      v.transform((text) => wholeNumber(text) ?? 0),
    ),
    // Null is the usual reason for fewer pieces, in the language of the page. More have no usual one.
    reason: v.nullable(
      v.pipe(
        v.string(),
        v.trim(),
        v.minLength(1, message('stock:reasonInvalid')),
        v.maxLength(200, message('stock:reasonInvalid')),
      ),
    ),
  }),
  v.forward(
    v.check(({ delta, reason }) => delta < 0 || reason !== null, message('stock:reasonMissing')),
    ['reason'],
  ),
);

type Adjustment = v.InferOutput<typeof adjustSchema>;

/** A change of more pieces is confirmed first. */
const largeChange = 100;

interface AdjustFormProps {
  item: StockItem;
  /** The scan for which the field is focused; null for none. */
  focusFor: number | null;
}

/** Corrects how many pieces there are, with a reason. */
export function AdjustForm({ item, focusFor }: AdjustFormProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('stock');
  const form = useForm({ schema: adjustSchema, initialInput: { delta: '', reason: null } });
  // A large change, or one that takes more than there is and can only take all.
  const [unconfirmed, setUnconfirmed] = useState<Adjustment | null>(null);
  // How many there were when more were to be taken.
  const [available, setAvailable] = useState<number | null>(null);
  const adjust = useAdjustStock({ onSuccess: () => reset(form) });
  const refusal = formErrors(adjust.error, ['delta', 'reason'], t, {
    INSUFFICIENT_STOCK: { field: 'delta', text: shortage(adjust.error) },
  });

  function shortage(error: Error | null): string {
    const left = error instanceof ApiError ? error.problem.available : undefined;
    return typeof left === 'number' ? own('below', { available: left }) : own('belowUnknown');
  }

  useEffect(() => {
    // A window that asks something keeps the focus.
    if (focusFor === null || document.activeElement?.closest('[role="dialog"]') != null) return;
    focus(form, { path: ['delta'] });
  }, [form, focusFor]);

  const save = ({ delta, reason }: Adjustment) => {
    setAvailable(null);
    adjust.mutate({
      productId: item.productId,
      locationId: item.locationId,
      delta,
      reason: reason ?? own('reasonDefault'),
    });
  };
  const handleSubmit = (adjustment: Adjustment) => {
    adjust.reset();
    const tooMany = item.quantity + adjustment.delta < 0;
    setAvailable(tooMany ? item.quantity : null);
    if (tooMany && item.quantity === 0) return;
    if (tooMany || Math.abs(adjustment.delta) > largeChange) setUnconfirmed(adjustment);
    else save(adjustment);
  };
  // What was said about the values before does not hold for others.
  const handleChange = () => {
    setAvailable(null);
    if (!adjust.isPending) adjust.reset();
  };

  const typed = getInput(form, { path: ['delta'] })?.trim() ?? '';
  const typing = typed !== '';
  const more = (wholeNumber(typed) ?? 0) > 0;
  const idle = !typing && !adjust.isPending;
  return (
    <>
      <Form of={form} className={classes.adjust} data-idle={idle || undefined} onSubmit={handleSubmit}>
        <FormField
          of={form}
          name="delta"
          refusal={available === null ? refusal.fields.delta : own('below', { available })}
        >
          {({ ref, value, error }, setValue) => (
            <StepInput
              inputRef={ref}
              label={own('delta', { product: item.productName })}
              less={own('less', { product: item.productName })}
              more={own('more', { product: item.productName })}
              placeholder="±0"
              min={-1_000_000}
              value={value}
              error={error}
              onChange={(text) => {
                setValue(text);
                handleChange();
              }}
              testId="stock-delta"
            />
          )}
        </FormField>
        {typing && (
          <FormField of={form} name="reason" unset={more ? '' : own('reasonDefault')} refusal={refusal.fields.reason}>
            {({ ref, value, error, onFocus, onBlur }, setValue) => (
              <SuggestField
                ref={ref}
                className={classes.reason}
                aria-label={`${own('reason')}: ${item.productName}`}
                data-testid="stock-reason"
                suggestions={own(more ? 'reasonsMore' : 'reasonsFewer').split('|')}
                placeholder={own('reasonAsk')}
                maxLength={200}
                value={value}
                error={error}
                onFocus={(event) => {
                  onFocus(event);
                  event.currentTarget.select();
                }}
                onBlur={onBlur}
                onChange={(reason) => {
                  setValue(reason);
                  handleChange();
                }}
              />
            )}
          </FormField>
        )}
        <Button
          type="submit"
          size="xs"
          variant={typing ? 'filled' : 'default'}
          loading={adjust.isPending}
          data-testid="stock-submit"
          aria-label={`${own('submit')}: ${item.productName}`}
        >
          {own('submit')}
        </Button>
      </Form>
      {unconfirmed !== null && (
        <ConfirmAdjustment item={item} adjustment={unconfirmed} onConfirm={save} onClose={() => setUnconfirmed(null)} />
      )}
      {refusal.form !== undefined && (
        <p className={classes.problem} role="alert">
          {refusal.form}
        </p>
      )}
      <p className={classes.saved} role="status">
        {adjust.isSuccess && (
          <>
            <IconCheck size={15} aria-hidden /> {own('saved', { quantity: adjust.data.quantity })}
          </>
        )}
      </p>
    </>
  );
}

interface ConfirmAdjustmentProps {
  item: StockItem;
  adjustment: Adjustment;
  /** Given what is to be done: all pieces, where more were to be taken. */
  onConfirm: (adjustment: Adjustment) => void;
  onClose: () => void;
}

function ConfirmAdjustment({ item, adjustment, onConfirm, onClose }: ConfirmAdjustmentProps) {
  const { t } = useTranslation('stock');
  const language = useLanguage();
  const { delta } = adjustment;
  const quantity = formatNumber(item.quantity, language);
  const tooMany = item.quantity + delta < 0;
  return (
    <ConfirmModal
      title={t(tooMany ? 'ask.tooManyTitle' : 'ask.largeTitle')}
      confirm={tooMany ? t('ask.tooManyYes', { quantity }) : t('ask.largeYes', { delta: signed(delta, language) })}
      onConfirm={() => onConfirm(tooMany ? { ...adjustment, delta: -item.quantity } : adjustment)}
      onClose={onClose}
    >
      <p>{t('ask.subject', { product: item.productName, location: item.locationName })}</p>
      <p>
        {tooMany
          ? t('ask.tooMany', { n: formatNumber(-delta, language), quantity })
          : t('ask.largeChange', {
              before: quantity,
              after: formatNumber(item.quantity + delta, language),
              delta: signed(delta, language),
            })}
      </p>
    </ConfirmModal>
  );
}

function signed(delta: number, language: Language): string {
  return (delta < 0 ? '−' : '+') + formatNumber(Math.abs(delta), language);
}
