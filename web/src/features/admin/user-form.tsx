import { Form, setInput, useForm } from '@formisch/react';
import { useState } from 'react';
import * as v from 'valibot';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import classes from './admin.module.css';
import { suggestPassword } from './password';
import { type Account, useChangeUser, useCreateUser } from '../../api/users';
import { roles } from './user-row';

const password = v.pipe(v.string(), v.minLength(8, message('admin:users.passwordShort')));
const passwordSchema = v.object({ password });
const userSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('admin:users.nameMissing'))),
  email: v.pipe(v.string(), v.trim(), v.regex(/^\S+@\S+$/, message('admin:users.emailInvalid'))),
  role: v.picklist(roles),
  // Empty: the program makes one.
  password: v.union([v.literal(''), password], message('admin:users.passwordShort')),
});

/** A new user; the password is told back when the program made it. */
export function UserForm({ onMade }: { onMade: (made: Account & { password?: string }) => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const form = useForm({
    schema: userSchema,
    initialInput: { name: '', email: '', role: 'OPERATOR', password: '' },
  });
  const make = useCreateUser({ onSuccess: onMade });
  const refusal = formErrors(make.error, ['name', 'email', 'role', 'password'], common, {
    CONFLICT: { field: 'email', text: t('users.taken') },
    PASSWORD_TOO_COMMON: { field: 'password', text: t('users.passwordCommon') },
  });
  return (
    <Form
      of={form}
      className={classes.form}
      onSubmit={({ password, ...user }) => make.mutate({ ...user, ...(password === '' ? {} : { password }) })}
    >
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => (
          <TextField {...control} label={t('users.name')} data-autofocus maxLength={200} autoComplete="off" />
        )}
      </FormField>
      <FormField of={form} name="email" refusal={refusal.fields.email}>
        {({ onChange, ...control }) => (
          <TextField
            {...control}
            type="email"
            label={t('users.email')}
            maxLength={254}
            autoComplete="off"
            onChange={(event) => {
              onChange(event);
              // Another address is not the one that was taken.
              make.reset();
            }}
          />
        )}
      </FormField>
      <FormField of={form} name="role" refusal={refusal.fields.role}>
        {(control) => (
          <SelectField
            {...control}
            label={t('users.role')}
            options={roles.map((each) => ({ value: each, label: common(`role.${each}`) }))}
          />
        )}
      </FormField>
      <FormField of={form} name="password" refusal={refusal.fields.password}>
        {(control) => (
          <TextField
            {...control}
            label={t('users.password')}
            description={t('users.passwordHint')}
            maxLength={256}
            autoComplete="off"
          />
        )}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={make.isPending}>
          {t('users.create')}
        </Button>
      </div>
    </Form>
  );
}

/** A new password for somebody, one that can be read out suggested. */
export function PasswordForm({ account, onChanged }: { account: Account; onChanged: (password: string) => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const [suggested] = useState(suggestPassword);
  const form = useForm({ schema: passwordSchema, initialInput: { password: suggested }, validate: 'input' });
  const change = useChangeUser(account.id);
  const refusal = formErrors(change.error, ['password'], common, {
    PASSWORD_TOO_COMMON: { field: 'password', text: t('users.passwordCommon') },
  });
  return (
    <Form
      of={form}
      className={classes.form}
      onSubmit={({ password }) => change.mutate({ password }, { onSuccess: () => onChanged(password) })}
    >
      <FormField of={form} name="password" refusal={refusal.fields.password}>
        {(control) => (
          <TextField
            {...control}
            label={t('users.password')}
            description={t('users.newPasswordHint')}
            data-autofocus
            maxLength={256}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={change.isPending}>
          {common('common.save')}
        </Button>
        <Button variant="default" onClick={() => setInput(form, { path: ['password'], input: suggestPassword() })}>
          {t('users.suggest')}
        </Button>
      </div>
    </Form>
  );
}
