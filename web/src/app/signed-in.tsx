import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LiveProvider } from '../live/live-provider';
import { useClock } from '../shared/clock';
import { toDateField } from '../shared/format';
import { refreshAfterTrade } from '../shared/invalidate';
import { createQueryClient } from '../shared/query-client';
import { session, useSession } from '../shared/session';
import { forgetTab } from '../shared/tab-memory';
import { BellMark } from '../shared/ui/bell-mark';
import { EmptyState } from '../shared/ui/states';
import { Shell } from './shell/shell';
import classes from './signed-in.module.css';

/** Everything behind the sign-in form. */
export function SignedIn() {
  const { t } = useTranslation();
  const state = useSession();

  useEffect(
    () =>
      session.subscribe(() => {
        if (session.state().status === 'signed-out') forgetTab();
      }),
    [],
  );

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
      return <ToSignIn />;
    case 'signed-in':
      return <SignedInAs key={`${state.user.tenantId}/${state.user.id}/${state.user.role}`} />;
  }
}

/**
 * Goes to the sign-in form and says where to come back to. Once: this stays
 * mounted while the form is being loaded, when the address is already the form's.
 */
function ToSignIn() {
  const navigate = useNavigate();
  const router = useRouter();
  const gone = useRef(false);
  useEffect(() => {
    if (gone.current) return;
    gone.current = true;
    const { href } = router.state.location;
    void navigate({ to: '/login', search: href === '/' ? {} : { redirect: href }, replace: true });
  }, [navigate, router]);
  return null;
}

/** Made anew for each user and role, so that nothing of one reaches the next. */
function SignedInAs() {
  const [client] = useState(createQueryClient);
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>
        <NewDay />
        <Shell />
      </LiveProvider>
    </QueryClientProvider>
  );
}

/** At the shop's midnight every figure of "today" is another day's. */
function NewDay() {
  const client = useQueryClient();
  const day = useClock(toDateField);
  const before = useRef(day);
  useEffect(() => {
    if (before.current === day) return;
    before.current = day;
    void refreshAfterTrade(client);
  }, [day, client]);
  return null;
}
