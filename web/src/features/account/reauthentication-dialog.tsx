import { focus, Form, reset, useForm } from '@formisch/react';
import * as v from 'valibot';
import { useReauthenticate } from '../../api/account';
import { endReauthentication } from '../../api/reauthentication';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { PasswordField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import classes from './account.module.css';
import './messages';

const schema = v.object({ password: v.pipe(v.string(), v.nonEmpty(message('account:confirm.missing'))) });

/** Asks for the password before a write that the server wants it for. */
export function ReauthenticationDialog() {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const form = useForm({ schema, initialInput: { password: '' } });
  const confirm = useReauthenticate({
    onSuccess: () => endReauthentication(true),
    onError: () => {
      reset(form, { path: ['password'], initialInput: '' });
      focus(form, { path: ['password'] });
    },
  });
  const wrong = { field: 'password', text: t('confirm.wrong') } as const;
  const refusal = formErrors(confirm.error, ['password'], common, {
    PASSWORD_WRONG: wrong,
    INVALID_CREDENTIALS: wrong,
  });
  const cancel = () => endReauthentication(false);
  return (
    <Modal opened onClose={cancel} title={t('confirm.title')}>
      <Form of={form} className={classes.form} onSubmit={({ password }) => confirm.mutate(password)}>
        <p className="field-hint">{t('confirm.lead')}</p>
        <FormField of={form} name="password" refusal={refusal.fields.password}>
          {(control) => (
            <PasswordField
              {...control}
              label={t('confirm.password')}
              data-autofocus
              data-testid="reauthentication-password"
              maxLength={256}
              autoComplete="current-password"
            />
          )}
        </FormField>
        <FormError>{refusal.form}</FormError>
        <div className={classes.buttons}>
          <Button type="submit" loading={confirm.isPending}>
            {t('confirm.submit')}
          </Button>
          <Button variant="default" onClick={cancel}>
            {common('common.cancel')}
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
