import { focus, Form, reset, useForm } from '@formisch/react';
import { useEffect } from 'react';
import * as v from 'valibot';
import { useChangePassword } from '../../api/account';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { PasswordField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import classes from './account.module.css';
import './messages';

const schema = v.pipe(
  v.object({
    currentPassword: v.pipe(v.string(), v.nonEmpty(message('account:password.currentMissing'))),
    newPassword: v.pipe(v.string(), v.minLength(8, message('account:password.short'))),
  }),
  v.forward(
    v.partialCheck(
      [['currentPassword'], ['newPassword']],
      ({ currentPassword, newPassword }) => currentPassword !== newPassword,
      message('account:password.same'),
    ),
    ['newPassword'],
  ),
);

interface PasswordFormProps {
  submit: string;
  /** The form is all there is on the screen. */
  alone?: boolean;
  onChanged?: () => void;
}

/** The present password and a new one. */
export function PasswordForm({ submit, alone = false, onChanged }: PasswordFormProps) {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const { email } = useUser();
  const form = useForm({ schema, initialInput: { currentPassword: '', newPassword: '' } });
  const change = useChangePassword({
    onSuccess: () => {
      reset(form);
      onChanged?.();
    },
  });
  const refusal = formErrors(change.error, ['currentPassword', 'newPassword'], common, {
    PASSWORD_WRONG: { field: 'currentPassword', text: t('password.wrong') },
    PASSWORD_TOO_COMMON: { field: 'newPassword', text: t('password.common') },
  });
  useEffect(() => {
    if (alone) focus(form, { path: ['currentPassword'] });
  }, [alone, form]);
  const size = alone ? 'md' : 'sm';
  return (
    <Form of={form} className={classes.form} onSubmit={(passwords) => change.mutate(passwords)}>
      {/* So that the browser knows whose password it keeps. */}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      <FormField of={form} name="currentPassword" refusal={refusal.fields.currentPassword}>
        {(control) => (
          <PasswordField
            {...control}
            size={size}
            label={t('password.current')}
            maxLength={256}
            autoComplete="current-password"
          />
        )}
      </FormField>
      <FormField of={form} name="newPassword" refusal={refusal.fields.newPassword}>
        {(control) => (
          <PasswordField
            {...control}
            size={size}
            label={t('password.new')}
            description={t('password.hint')}
            maxLength={256}
            autoComplete="new-password"
          />
        )}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" size={size} fullWidth={alone} loading={change.isPending}>
          {submit}
        </Button>
      </div>
    </Form>
  );
}
