import { Form, useForm } from '@formisch/react';
import { type ReactNode, useId, useState } from 'react';
import * as v from 'valibot';
import { useSetThresholds } from '../../api/stock';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { IconButton } from '../../shared/ui/controls/icon-button';
import { Popover } from '../../shared/ui/controls/popover';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { wholeNumber } from '../../shared/ui/step-input';
import './messages';
import list from '../../shared/ui/list-page.module.css';
import classes from './stock-page.module.css';

const pieces = v.pipe(
  v.string(),
  v.check((text) => (wholeNumber(text) ?? -1) >= 0, message('stock:wholeNumber')),
  v.transform((text) => wholeNumber(text) ?? 0),
);
const levelsSchema = v.pipe(
  v.object({ warningThreshold: pieces, criticalThreshold: pieces }),
  v.forward(
    v.check(
      ({ warningThreshold, criticalThreshold }) => warningThreshold === 0 || warningThreshold >= criticalThreshold,
      message('stock:levelsInvalid'),
    ),
    ['warningThreshold'],
  ),
);

/** From how few pieces the item is low, and critical. Managers only. */
export function LevelsButton({ item, icon }: { item: StockItem; icon: ReactNode }) {
  const { t } = useTranslation('stock');
  const title = useId();
  const [open, setOpen] = useState(false);
  return (
    <Popover
      opened={open}
      onOpenedChange={setOpen}
      className={classes.levels}
      aria-labelledby={title}
      target={
        <IconButton aria-label={t('levelsOf', { product: item.productName })} title={t('levelsTitle')}>
          {icon}
        </IconButton>
      }
    >
      <LevelsForm item={item} titleId={title} onClose={() => setOpen(false)} />
    </Popover>
  );
}

function LevelsForm({ item, titleId, onClose }: { item: StockItem; titleId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('stock');
  const form = useForm({
    schema: levelsSchema,
    initialInput: {
      warningThreshold: String(item.warningThreshold),
      criticalThreshold: String(item.criticalThreshold),
    },
  });
  const save = useSetThresholds(item, { onSuccess: onClose });
  const refusal = formErrors(save.error, ['warningThreshold', 'criticalThreshold'], t);
  return (
    <Form of={form} onSubmit={(levels) => save.mutate(levels)}>
      <p id={titleId} className={classes.levelsTitle}>
        {own('levelsTitle')}
      </p>
      <p className={`${list.sub} ${classes.where}`}>
        {item.productName} · {item.locationName}
      </p>
      <FormField of={form} name="warningThreshold" refusal={refusal.fields.warningThreshold}>
        {(control) => <TextField {...control} label={own('warningThreshold')} inputMode="numeric" data-autofocus />}
      </FormField>
      <FormField of={form} name="criticalThreshold" refusal={refusal.fields.criticalThreshold}>
        {(control) => <TextField {...control} label={own('criticalThreshold')} inputMode="numeric" />}
      </FormField>
      <p className="field-hint">{own('levelsHint')}</p>
      <FormError>{refusal.form}</FormError>
      <div className={classes.levelsButtons}>
        <Button type="submit" size="xs" loading={save.isPending}>
          {t('common.save')}
        </Button>
        <Button variant="default" size="xs" onClick={onClose}>
          {t('common.cancel')}
        </Button>
      </div>
    </Form>
  );
}
