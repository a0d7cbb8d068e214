import { createStore } from '@harang/react';

/** Whether the person is being asked for the password; the page shows the dialog while it is true. */
export const reauthentication = createStore(false);

const waiting = new Set<(confirmed: boolean) => void>();

/**
 * Asks the person for the password, because the server wants it again before a write. All who ask at the same time
 * share one dialog. Resolves to whether the password was confirmed.
 */
export function askForReauthentication(): Promise<boolean> {
  return new Promise((resolve) => {
    waiting.add(resolve);
    reauthentication.set(true);
  });
}

/** Ends the dialog: those who wait send their writes again, or give up. */
export function endReauthentication(confirmed: boolean): void {
  reauthentication.set(false);
  const asking = [...waiting];
  waiting.clear();
  for (const resolve of asking) resolve(confirmed);
}
