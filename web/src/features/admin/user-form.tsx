import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../shared/http';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import type { Role } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import classes from './admin.module.css';
import { suggestPassword } from './password';
import { type Account, useChangeUser, useCreateUser } from '../../api/users';
import { roles } from './user-row';

const shortest = 8;

/** A new user; the password is told back when the program made it. */
export function UserForm({ onMade }: { onMade: (made: Account & { password?: string }) => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('OPERATOR');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const make = useCreateUser({ onSuccess: onMade });
  const taken = make.error instanceof ApiError && make.error.code === 'CONFLICT';
  const problems = {
    name: name.trim() === '' ? t('users.nameMissing') : undefined,
    email: /^\S+@\S+$/.test(email.trim()) ? undefined : t('users.emailInvalid'),
    password: password !== '' && password.length < shortest ? t('users.passwordShort') : undefined,
  };
  const shown = (field: keyof typeof problems) =>
    (tried ? problems[field] : undefined) ?? fieldSentence(make.error, field, common);
  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    setTried(true);
    if (problems.name ?? problems.email ?? problems.password) return;
    make.mutate({ name: name.trim(), email: email.trim(), role, ...(password === '' ? {} : { password }) });
  };
  return (
    <form className={classes.form} noValidate onSubmit={handleSubmit}>
      <TextField
        label={t('users.name')}
        data-autofocus
        maxLength={200}
        autoComplete="off"
        value={name}
        error={shown('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextField
        type="email"
        label={t('users.email')}
        maxLength={254}
        autoComplete="off"
        value={email}
        error={taken ? t('users.taken') : shown('email')}
        onChange={(event) => {
          setEmail(event.currentTarget.value);
          make.reset();
        }}
      />
      <SelectField
        label={t('users.role')}
        value={role}
        options={roles.map((each) => ({ value: each, label: common(`role.${each}`) }))}
        onChange={(event) => setRole(roles.find((each) => each === event.currentTarget.value) ?? 'OPERATOR')}
      />
      <TextField
        label={t('users.password')}
        description={t('users.passwordHint')}
        maxLength={256}
        autoComplete="off"
        value={password}
        error={shown('password')}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {make.error !== null && !taken && (
        <p className="field-error" role="alert">
          {errorSentence(make.error, common)}
        </p>
      )}
      <div className={classes.buttons}>
        <Button type="submit" loading={make.isPending}>
          {t('users.create')}
        </Button>
      </div>
    </form>
  );
}

/** A new password for somebody, one that can be read out suggested. */
export function PasswordForm({ account, onChanged }: { account: Account; onChanged: (password: string) => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const [password, setPassword] = useState(suggestPassword);
  const change = useChangeUser(account.id, { onSuccess: () => onChanged(password) });
  const short = password.length < shortest;
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!short) change.mutate({ password });
      }}
    >
      <TextField
        label={t('users.password')}
        description={t('users.newPasswordHint')}
        data-autofocus
        maxLength={256}
        autoComplete="off"
        spellCheck={false}
        value={password}
        error={short ? t('users.passwordShort') : fieldSentence(change.error, 'password', common)}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {change.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(change.error, common)}
        </p>
      )}
      <div className={classes.buttons}>
        <Button type="submit" loading={change.isPending}>
          {common('common.save')}
        </Button>
        <Button variant="default" onClick={() => setPassword(suggestPassword())}>
          {t('users.suggest')}
        </Button>
      </div>
    </form>
  );
}
