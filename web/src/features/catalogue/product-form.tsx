import { Form, useForm } from '@formisch/react';
import { useState } from 'react';
import * as v from 'valibot';
import { useSaveProduct } from '../../api/products';
import { useItemId } from '../../domain/catalogue/use-item-id';
import { formErrors } from '../../shared/form-errors';
import { ApiError } from '../../shared/http';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Product } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { wholeNumber } from '../../shared/ui/step-input';
import { type BarcodeEntry, BarcodesField, enterBarcode } from './barcodes-field';
import classes from './catalogue.module.css';

/** Whole forints, as people write them: `4 900` and `4 900 Ft` too. */
function forints(text: string): number {
  const plain = text.replace(/\s/g, '').replace(/ft$/i, '');
  return wholeNumber(plain) ?? -1;
}

const productSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('catalogue:products.nameMissing'))),
  dailyPrice: v.pipe(
    v.string(),
    v.check((text) => forints(text) >= 0, message('catalogue:products.priceInvalid')),
    v.transform(forints),
  ),
});

interface ProductFormProps {
  /** Null for a new one. */
  product: Product | null;
  onSaved: (product: Pick<Product, 'id' | 'name'>) => void;
}

/** A new product, or the name, price and barcodes of one. */
export function ProductForm({ product, onSaved }: ProductFormProps) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const form = useForm({
    schema: productSchema,
    initialInput: { name: product?.name ?? '', dailyPrice: product === null ? '' : String(product.dailyPrice) },
  });
  const [codes, setCodes] = useState<BarcodeEntry>({ codes: product?.barcodes ?? [], typed: '', problem: null });
  const idOf = useItemId(product);
  const save = useSaveProduct({ onSuccess: (_answer, { id, name }) => onSaved({ id, name }) });
  const refusal = formErrors(save.error, ['name', 'dailyPrice', 'barcodes'], common, taken(save.error));

  /** The code whose owner the server names, in the page's language. */
  function taken(error: Error | null) {
    if (!(error instanceof ApiError)) return {};
    const { barcode: code, productName: owner } = error.problem;
    if (typeof code !== 'string' || typeof owner !== 'string') return {};
    return {
      BARCODE_TAKEN: { field: 'barcodes' as const, text: t('products.barcodeTaken', { code, product: owner }) },
    };
  }

  const handleSubmit = (values: v.InferOutput<typeof productSchema>) => {
    // A code that was typed and not entered is meant, too.
    const entered = enterBarcode(codes);
    setCodes(entered);
    if (entered.problem !== null) return;
    save.mutate({ id: idOf(values.name), ...values, barcodes: [...entered.codes] });
  };
  return (
    <Form of={form} className={classes.form} onSubmit={handleSubmit}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => <TextField {...control} label={t('name')} data-autofocus maxLength={200} autoComplete="off" />}
      </FormField>
      <FormField of={form} name="dailyPrice" refusal={refusal.fields.dailyPrice}>
        {(control) => (
          <TextField
            {...control}
            label={t('products.dailyPrice')}
            inputMode="numeric"
            maxLength={20}
            autoComplete="off"
          />
        )}
      </FormField>
      <BarcodesField
        entry={codes}
        refusal={refusal.fields.barcodes}
        onChange={(next) => {
          setCodes(next);
          // Other codes are not those that were refused.
          if (save.error !== null) save.reset();
        }}
      />
      <FormError>{refusal.form}</FormError>
      <div>
        <Button type="submit" loading={save.isPending}>
          {common('common.save')}
        </Button>
      </div>
    </Form>
  );
}
