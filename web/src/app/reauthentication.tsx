import { useStore } from '@harang/react';
import { Suspense, useEffect } from 'react';
import { endReauthentication, reauthentication } from '../api/reauthentication';
import { messagesLoaded } from '../shared/i18n/i18n';
import { lazyAhead } from '../shared/lazy-ahead';

const Dialog = lazyAhead(async () => {
  const { ReauthenticationDialog } = await import('../features/account/reauthentication-dialog');
  await messagesLoaded();
  return ReauthenticationDialog;
});

/** The dialog for the password, while a write waits for it. */
export function Reauthentication() {
  const asked = useStore(reauthentication);
  // Who signs out meanwhile confirms nothing.
  useEffect(() => () => endReauthentication(false), []);
  return (
    asked && (
      <Suspense>
        <Dialog />
      </Suspense>
    )
  );
}
