import { Form, useForm } from '@formisch/react';
import { IconCheck } from '@tabler/icons-react';
import * as v from 'valibot';
import { useChangeOwnAccount } from '../../api/account';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import classes from './account.module.css';

const schema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('account:details.nameMissing'))),
});

/** The own name. */
export function DetailsForm() {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const { name } = useUser();
  const form = useForm({ schema, initialInput: { name } });
  const change = useChangeOwnAccount();
  const refusal = formErrors(change.error, ['name'], common);
  return (
    <Form of={form} className={classes.form} onSubmit={({ name }) => change.mutate({ name })}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {({ onChange, ...control }) => (
          <TextField
            {...control}
            label={t('details.name')}
            description={t('details.nameHint')}
            maxLength={200}
            autoComplete="name"
            onChange={(event) => {
              onChange(event);
              // "Saved" was said of another name.
              if (!change.isPending) change.reset();
            }}
          />
        )}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={change.isPending}>
          {common('common.save')}
        </Button>
        <p className={classes.saved} role="status">
          {change.isSuccess && (
            <>
              <IconCheck size={16} aria-hidden /> {t('details.saved')}
            </>
          )}
        </p>
      </div>
    </Form>
  );
}
