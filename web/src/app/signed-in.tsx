import { IconPlugConnectedX } from '@tabler/icons-react';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { messagesLoaded, useTranslation } from '../shared/i18n/i18n';
import { loadWithRetry } from '../shared/load-with-retry';
import { session, useSession } from '../shared/session';
import { deleteSessionDrafts } from '../shared/session-draft';
import { BellMark } from '../shared/ui/bell-mark';
import { Button } from '../shared/ui/controls/button';
import { EmptyState } from '../shared/ui/states';
import classes from './signed-in.module.css';

// Most of the page's code, which nobody needs to sign in.
export const loadSignedInAs = loadWithRetry(async () => {
  const { SignedInAs: component } = await import('./signed-in-as');
  await messagesLoaded();
  return { default: component };
});
const SignedInAs = lazy(loadSignedInAs);

const PasswordRequired = lazy(
  loadWithRetry(async () => {
    const { PasswordRequired: component } = await import('../features/account/password-required');
    await messagesLoaded();
    return { default: component };
  }),
);

/** Everything behind the sign-in form. */
export function SignedIn() {
  const { t } = useTranslation();
  const state = useSession();

  useEffect(
    () =>
      session.subscribe(() => {
        // A session that ends by itself leaves what was begun to its user.
        const state = session.state();
        if (state.status === 'signed-out' && state.wanted === true) deleteSessionDrafts();
      }),
    [],
  );

  switch (state.status) {
    case 'restoring':
      return <Splash />;
    case 'unreachable':
      return (
        <div className={classes.splash}>
          <EmptyState
            icon={<IconPlugConnectedX size={24} stroke={1.7} />}
            title={t('session.unreachable')}
            hint={t('session.unreachableHint')}
            action={<Button onClick={() => session.restore()}>{t('common.retry')}</Button>}
          />
        </div>
      );
    case 'signed-out':
      return <ToSignIn />;
    case 'signed-in':
      return (
        <Suspense fallback={<Splash />}>
          {state.user.passwordChangeRequired === true ? (
            <PasswordRequired />
          ) : (
            <SignedInAs key={`${state.user.tenantId}/${state.user.id}/${state.user.role}`} />
          )}
        </Suspense>
      );
  }
}

function Splash() {
  const { t } = useTranslation();
  return (
    <div className={classes.splash} role="status" aria-label={t('session.restoring')}>
      <BellMark size={44} />
    </div>
  );
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
