import { Form, focus, reset, useForm } from '@formisch/react';
import {
  IconAlertCircle,
  IconCreditCardOff,
  IconInfoCircle,
  IconPackageExport,
  IconPackageOff,
} from '@tabler/icons-react';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import * as v from 'valibot';
import { ApiError } from '../../shared/http';
import { formErrors } from '../../shared/form-errors';
import { chooseLanguage, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { usePageTitle } from '../../shared/page-title';
import { session, useSession } from '../../shared/session';
import { BellMark } from '../../shared/ui/bell-mark';
import { Button } from '../../shared/ui/controls/button';
import { PasswordField, TextField } from '../../shared/ui/controls/text-field';
import { FormField, message } from '../../shared/ui/form-field';
import './messages';
import classes from './sign-in-page.module.css';

// What the page will say, in three examples.
const samples = [
  { name: 'sample1', tone: 'amber', icon: IconPackageOff },
  { name: 'sample2', tone: 'red', icon: IconCreditCardOff },
  { name: 'sample3', tone: 'green', icon: IconPackageExport },
] as const;

/** Only a path of this page is gone back to, never another site. */
export function safeRedirect(target: string | undefined): string {
  return target !== undefined && /^\/(?![/\\])/.test(target) && !target.startsWith('/login') ? target : '/';
}

const schema = v.object({
  email: v.pipe(v.string(), v.trim(), v.nonEmpty(message('signIn:emailMissing'))),
  password: v.pipe(v.string(), v.nonEmpty(message('signIn:passwordMissing'))),
});

export function SignInPage() {
  const { t } = useTranslation();
  const { t: own } = useTranslation('signIn');
  const language = useLanguage();
  const state = useSession();
  const { redirect } = useSearch({ from: '/login' });
  const router = useRouter();
  const form = useForm({ schema, initialInput: { email: '', password: '' } });
  const [error, setError] = useState<unknown>(null);

  usePageTitle(`${own('title')} · ${t('app.name')}`);

  const signedIn = state.status === 'signed-in';
  useEffect(() => {
    if (signedIn) router.history.replace(safeRedirect(redirect));
  }, [signedIn, redirect, router]);

  const handleSubmit = async ({ email, password }: v.InferOutput<typeof schema>) => {
    setError(null);
    try {
      const { language: own } = await session.signIn(email, password);
      if (own !== undefined) await chooseLanguage(own);
    } catch (failure) {
      setError(failure);
      if (failure instanceof ApiError && failure.code === 'INVALID_CREDENTIALS') {
        reset(form, { path: ['password'], initialInput: '' });
        focus(form, { path: ['password'] });
      }
    }
  };

  const seconds =
    error instanceof ApiError && error.retryAfterMs !== null ? Math.ceil(error.retryAfterMs / 1000) : null;
  const refusal = formErrors(error, ['email', 'password'], t, {
    INVALID_CREDENTIALS: { text: own('wrong') },
    RATE_LIMITED: { text: seconds === null ? own('limitedSoon') : own('limited', { seconds }) },
  });
  const notice = state.status === 'signed-out' && state.reason !== 'none' ? own(state.reason) : null;

  return (
    <div className={classes.page}>
      <div className={classes.story}>
        <div className={classes.brand}>
          <BellMark size={40} />
          <b>{t('app.name')}</b>
        </div>
        <p className={classes.promise}>{own('promise')}</p>
        <ul aria-hidden>
          {samples.map(({ name, tone, icon: Icon }) => (
            <li key={name} data-tone={tone}>
              <span>
                <Icon size={20} stroke={1.7} />
              </span>
              <div>
                <b>{own(name)}</b>
                <small>{own(`${name}Detail`)}</small>
              </div>
            </li>
          ))}
        </ul>
      </div>
      <main className={classes.main}>
        <Form of={form} className={classes.form} onSubmit={handleSubmit}>
          <span className={classes.mark}>
            <BellMark size={44} />
          </span>
          <h1>{own('title')}</h1>
          <p className={classes.lead}>{own('lead')}</p>
          {refusal.form !== undefined ? (
            <p className={classes.error} role="alert">
              <IconAlertCircle size={18} aria-hidden />
              {refusal.form}
            </p>
          ) : (
            notice !== null && (
              <p className={classes.notice} role="status">
                <IconInfoCircle size={18} aria-hidden />
                {notice}
              </p>
            )
          )}
          <FormField of={form} name="email" refusal={refusal.fields.email}>
            {(control) => (
              <TextField
                {...control}
                type="email"
                label={own('email')}
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                size="md"
              />
            )}
          </FormField>
          <FormField of={form} name="password" refusal={refusal.fields.password}>
            {(control) => (
              <PasswordField {...control} label={own('password')} autoComplete="current-password" size="md" />
            )}
          </FormField>
          <Button type="submit" size="md" fullWidth loading={form.isSubmitting || signedIn}>
            {own('submit')}
          </Button>
        </Form>
        <div className={classes.languages}>
          <button type="button" lang="hu" aria-pressed={language === 'hu'} onClick={() => chooseLanguage('hu')}>
            Magyar
          </button>
          <button type="button" lang="en" aria-pressed={language === 'en'} onClick={() => chooseLanguage('en')}>
            English
          </button>
        </div>
      </main>
    </div>
  );
}
