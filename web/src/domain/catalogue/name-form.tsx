import { Form, useForm } from '@formisch/react';
import * as v from 'valibot';
import { formErrors } from '../../shared/form-errors';
import { type MessageKey, useTranslation } from '../../shared/i18n/i18n';
import type { Named } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField } from '../../shared/ui/form-field';
import classes from './catalogue-list.module.css';
import './messages';
import { useItemId } from './use-item-id';

interface NameFormProps {
  /** Null for a new one. */
  item: Named | null;
  /** Says that the name is missing. */
  nameMissing: MessageKey;
  hint?: string | undefined;
  /** The mutation that saves it. */
  save: { mutate: (item: { id: string; name: string }) => void; isPending: boolean; error: Error | null };
}

/** Adds or renames what has a name and an id. */
export function NameForm({ item, nameMissing, hint, save }: NameFormProps) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const form = useForm({
    schema: v.object({ name: v.pipe(v.string(), v.trim(), v.nonEmpty(nameMissing)) }),
    initialInput: { name: item?.name ?? '' },
  });
  const idOf = useItemId(item);
  const refusal = formErrors(save.error, ['name'], common);
  return (
    <Form of={form} className={classes.form} onSubmit={({ name }) => save.mutate({ id: idOf(name), name })}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => <TextField {...control} label={t('name')} data-autofocus maxLength={200} autoComplete="off" />}
      </FormField>
      {hint !== undefined && <p className="field-hint">{hint}</p>}
      <FormError>{refusal.form}</FormError>
      <div>
        <Button type="submit" loading={save.isPending}>
          {common('common.save')}
        </Button>
      </div>
    </Form>
  );
}
