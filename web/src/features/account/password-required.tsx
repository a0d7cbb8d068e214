import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { createQueryClient } from '../../api/query-client';
import { useTranslation } from '../../shared/i18n/i18n';
import { usePageTitle } from '../../shared/page-title';
import { session } from '../../shared/session';
import { BellMark } from '../../shared/ui/bell-mark';
import { PlainButton } from '../../shared/ui/controls/plain-button';
import './messages';
import { PasswordForm } from './password-form';
import classes from './password-required.module.css';

/** Instead of the page while the password is one that somebody else set. */
export function PasswordRequired() {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const [client] = useState(createQueryClient);
  usePageTitle(`${t('required.title')} · ${common('app.name')}`);
  return (
    <QueryClientProvider client={client}>
      <main className={classes.page} data-testid="password-required">
        <div className={classes.content}>
          <BellMark size={44} />
          <h1>{t('required.title')}</h1>
          <p className={classes.lead}>{t('required.lead')}</p>
          <PasswordForm submit={t('required.submit')} alone />
          <PlainButton className={classes.logout} data-testid="logout" onClick={() => void session.signOut()}>
            {common('menu.logout')}
          </PlainButton>
        </div>
      </main>
    </QueryClientProvider>
  );
}
