import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { QueryClientProvider } from '@tanstack/react-query';
import { Navigate, useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LiveProvider } from '../live/live-provider';
import { createQueryClient } from '../shared/query-client';
import { session, useSession } from '../shared/session';
import { BellMark } from '../shared/ui/bell-mark';
import { EmptyState } from '../shared/ui/states';
import { Shell } from './shell/shell';
import classes from './signed-in.module.css';

/** Everything behind the sign-in form. */
export function SignedIn() {
  const { t } = useTranslation();
  const state = useSession();
  const href = useLocation({ select: (location) => location.href });

  switch (state.status) {
    case 'restoring':
      return (
        <div className={classes.splash} role="status" aria-label={t('signIn.restoring')}>
          <BellMark size={44} />
        </div>
      );
    case 'unreachable':
      return (
        <div className={classes.splash}>
          <EmptyState
            icon={<IconPlugConnectedX size={24} stroke={1.7} />}
            title={t('signIn.unreachable')}
            hint={t('signIn.unreachableHint')}
            action={<Button onClick={() => session.restore()}>{t('common.retry')}</Button>}
          />
        </div>
      );
    case 'signed-out':
      return <Navigate to="/login" search={href === '/' ? {} : { redirect: href }} replace />;
    case 'signed-in':
      return <SignedInAs key={`${state.user.tenantId}/${state.user.id}/${state.user.role}`} />;
  }
}

/** Made anew for each user and role, so that nothing of one reaches the next. */
function SignedInAs() {
  const [client] = useState(createQueryClient);
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>
        <Shell />
      </LiveProvider>
    </QueryClientProvider>
  );
}
