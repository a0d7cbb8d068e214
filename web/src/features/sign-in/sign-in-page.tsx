import {
  IconAlertCircle,
  IconCreditCardOff,
  IconInfoCircle,
  IconPackageExport,
  IconPackageOff,
} from '@tabler/icons-react';
import { useRouter, useSearch } from '@tanstack/react-router';
import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../shared/http';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import { chooseLanguage, useLanguage } from '../../shared/i18n/i18n';
import { usePageTitle } from '../../shared/page-title';
import { session, useSession } from '../../shared/session';
import { BellMark } from '../../shared/ui/bell-mark';
import { Button } from '../../shared/ui/controls/button';
import { PasswordField, TextField } from '../../shared/ui/controls/text-field';
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

export function SignInPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const state = useSession();
  const { redirect } = useSearch({ from: '/login' });
  const router = useRouter();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState<{ email?: boolean; password?: boolean }>({});
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const emailField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  usePageTitle(`${t('signIn.title')} · ${t('app.name')}`);

  const signedIn = state.status === 'signed-in';
  useEffect(() => {
    if (signedIn) router.history.replace(safeRedirect(redirect));
  }, [signedIn, redirect, router]);

  const handleSubmit = async (event: SyntheticEvent) => {
    event.preventDefault();
    const lacks = { email: email.trim() === '', password: password === '' };
    setMissing(lacks);
    setError(null);
    if (lacks.email || lacks.password) {
      (lacks.email ? emailField : passwordField).current?.focus();
      return;
    }
    setBusy(true);
    try {
      await session.signIn(email.trim(), password);
    } catch (failure) {
      setError(failure);
      setBusy(false);
      if (failure instanceof ApiError && failure.code === 'INVALID_CREDENTIALS') {
        setPassword('');
        passwordField.current?.focus();
      }
    }
  };

  const sentence = () => {
    if (error instanceof ApiError && error.code === 'INVALID_CREDENTIALS') return t('signIn.wrong');
    if (error instanceof ApiError && error.code === 'RATE_LIMITED') {
      return error.retryAfterMs === null
        ? t('signIn.limitedSoon')
        : t('signIn.limited', { seconds: Math.ceil(error.retryAfterMs / 1000) });
    }
    return errorSentence(error, t);
  };
  const field = (name: string) => fieldSentence(error, name, t);
  const notice = state.status === 'signed-out' && state.reason !== 'none' ? t(`signIn.${state.reason}`) : null;

  return (
    <div className={classes.page}>
      <div className={classes.story}>
        <div className={classes.brand}>
          <BellMark size={40} />
          <b>{t('app.name')}</b>
        </div>
        <p className={classes.promise}>{t('signIn.promise')}</p>
        <ul aria-hidden>
          {samples.map(({ name, tone, icon: Icon }) => (
            <li key={name} data-tone={tone}>
              <span>
                <Icon size={20} stroke={1.7} />
              </span>
              <div>
                <b>{t(`signIn.${name}`)}</b>
                <small>{t(`signIn.${name}Detail`)}</small>
              </div>
            </li>
          ))}
        </ul>
      </div>
      <main className={classes.main}>
        <form className={classes.form} onSubmit={handleSubmit} noValidate>
          <span className={classes.mark}>
            <BellMark size={44} />
          </span>
          <h1>{t('signIn.title')}</h1>
          <p className={classes.lead}>{t('signIn.lead')}</p>
          {error !== null ? (
            <p className={classes.error} role="alert">
              <IconAlertCircle size={18} aria-hidden />
              {sentence()}
            </p>
          ) : (
            notice !== null && (
              <p className={classes.notice} role="status">
                <IconInfoCircle size={18} aria-hidden />
                {notice}
              </p>
            )
          )}
          <TextField
            ref={emailField}
            name="email"
            type="email"
            label={t('signIn.email')}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            size="md"
            value={email}
            error={missing.email === true ? t('signIn.emailMissing') : field('email')}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordField
            ref={passwordField}
            name="password"
            label={t('signIn.password')}
            autoComplete="current-password"
            size="md"
            value={password}
            error={missing.password === true ? t('signIn.passwordMissing') : field('password')}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" size="md" fullWidth loading={busy}>
            {t('signIn.submit')}
          </Button>
        </form>
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
