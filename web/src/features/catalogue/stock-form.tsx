import { Form, useForm } from '@formisch/react';
import { useQuery } from '@tanstack/react-query';
import * as v from 'valibot';
import { locationsQueryOptions } from '../../api/locations';
import { stockOfCodeQueryOptions, useCreateStock } from '../../api/stock';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Named } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import { wholeNumber } from '../../shared/ui/step-input';
import classes from './catalogue.module.css';

const pieces = v.pipe(
  v.string(),
  v.check((text) => (wholeNumber(text) ?? -1) >= 0, message('catalogue:stock.wholeNumber')),
  v.transform((text) => wholeNumber(text) ?? 0),
);
const stockSchema = v.pipe(
  v.object({
    locationId: v.pipe(v.string(), v.nonEmpty(message('catalogue:stock.locationMissing'))),
    quantity: pieces,
    warningThreshold: pieces,
    criticalThreshold: pieces,
  }),
  v.forward(
    v.check(
      ({ warningThreshold, criticalThreshold }) => warningThreshold === 0 || warningThreshold >= criticalThreshold,
      message('catalogue:stock.levelsInvalid'),
    ),
    ['warningThreshold'],
  ),
);

interface StockFormProps {
  product: Pick<Named, 'id' | 'name'>;
  onDone: () => void;
}

/** Puts a product into the stock of a location that does not have it yet. */
export function StockForm({ product, onDone }: StockFormProps) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const locations = useQuery(locationsQueryOptions());
  const kept = useQuery({ ...stockOfCodeQueryOptions(product.id, null), staleTime: 0 });
  const failed = [locations, kept].find(({ error }) => error !== null);
  if (failed?.error != null)
    return <ErrorState error={failed.error} busy={failed.isFetching} onRetry={() => failed.refetch()} />;
  if (locations.data === undefined || kept.data === undefined || kept.isFetching) return <RowSkeletons rows={3} />;
  const without = locations.data.items.filter(({ id }) => !kept.data.items.some(({ locationId }) => locationId === id));
  if (without.length === 0)
    return (
      <div className={classes.form}>
        <p>{t(locations.data.items.length === 0 ? 'stock.noLocation' : 'stock.everywhere')}</p>
        <div>
          <Button onClick={onDone}>{common('common.close')}</Button>
        </div>
      </div>
    );
  return <StockFields product={product} locations={without} onDone={onDone} />;
}

function StockFields({ product, locations, onDone }: StockFormProps & { locations: readonly Named[] }) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const [only] = locations;
  const form = useForm({
    schema: stockSchema,
    initialInput: {
      // The first of several is nobody's choice.
      locationId: locations.length === 1 && only !== undefined ? only.id : '',
      quantity: '',
      warningThreshold: '0',
      criticalThreshold: '0',
    },
  });
  const save = useCreateStock({ onSuccess: onDone });
  const refusal = formErrors(save.error, ['locationId', 'quantity', 'warningThreshold', 'criticalThreshold'], common);
  return (
    <Form
      of={form}
      className={classes.form}
      onSubmit={(stock) => save.mutate({ productId: product.id, ...stock })}
      data-testid="stock-form"
    >
      <p>{t('stock.lead', { product: product.name })}</p>
      <FormField of={form} name="locationId" refusal={refusal.fields.locationId}>
        {(control) => (
          <SelectField
            {...control}
            label={common('location.label')}
            data-autofocus
            options={[
              ...(locations.length === 1 ? [] : [{ value: '', label: t('stock.choose') }]),
              ...locations.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
      </FormField>
      {(['quantity', 'warningThreshold', 'criticalThreshold'] as const).map((name) => (
        <FormField key={name} of={form} name={name} refusal={refusal.fields[name]}>
          {(control) => (
            <TextField {...control} label={t(`stock.${name}`)} inputMode="numeric" maxLength={9} autoComplete="off" />
          )}
        </FormField>
      ))}
      <p className="field-hint">{t('stock.hint')}</p>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={save.isPending}>
          {common('common.save')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('stock.later')}
        </Button>
      </div>
    </Form>
  );
}
