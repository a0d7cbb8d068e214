import type { RefreshOutcome } from '@harang/client';
import { ApiError, request } from '../shared/http';
import type { Session } from '../shared/session';
import type { components } from '../api/schema';

/** `none`: neither a link nor a login. `invalid`, `revoked`, `taken`: the link does not open the display here any more. */
export type AccessStatus = 'opening' | 'unreachable' | 'open' | 'none' | 'invalid' | 'revoked' | 'taken';

/** What lets the screen read: a display's link, or the login of a person. */
export interface Access {
  readonly status: () => AccessStatus;
  readonly subscribe: (listener: () => void) => () => void;
  readonly token: () => string | null;
  /** Gets a new access token, and so learns whether there still is one. */
  readonly refresh: () => Promise<RefreshOutcome>;
  /** Takes the display over from another screen. A person's access has none to take. */
  readonly takeOver: () => void;
}

type Grant = components['schemas']['DisplayGrantOutputBody'];

const storageKey = 'harang-display';

/** The screen of an earlier grant in this tab, so that a reload does not take the display over from another screen. */
const screenOf = {
  get(secret: string): string | undefined {
    try {
      const [of, screen] = (sessionStorage.getItem(storageKey) ?? '').split(' ');
      return of === secret && screen ? screen : undefined;
    } catch {
      return undefined;
    }
  },
  set(secret: string, screen: string): void {
    try {
      sessionStorage.setItem(storageKey, `${secret} ${screen}`);
    } catch {
      // Storage may be switched off; a reload then takes the display over.
    }
  },
};

const refusals: Record<string, AccessStatus> = {
  DISPLAY_REVOKED: 'revoked',
  DISPLAY_TAKEN_OVER: 'taken',
  INVALID_CREDENTIALS: 'invalid',
};

/** The access of a display by the secret in its link. */
export function displayAccess(secret: string): Access {
  let status: AccessStatus = 'opening';
  let token: string | null = null;
  let screen = screenOf.get(secret);
  let asking: Promise<RefreshOutcome> | null = null;
  const listeners = new Set<() => void>();
  const become = (next: AccessStatus) => {
    if (status === next) return;
    status = next;
    for (const listener of listeners) listener();
  };
  const ask = async (): Promise<RefreshOutcome> => {
    try {
      const grant = await request<Grant>('/auth/display', {
        method: 'POST',
        body: { secret, ...(screen ? { screen } : {}) },
        deadline: 9000,
      });
      token = grant.accessToken;
      screen = grant.screen;
      screenOf.set(secret, screen);
      become('open');
      return 'ok';
    } catch (error) {
      const refused = error instanceof ApiError ? refusals[error.code] : undefined;
      if (refused === undefined) {
        if (status === 'opening') become('unreachable');
        return 'unreachable';
      }
      token = null;
      become(refused);
      return 'refused';
    }
  };
  const refresh = () => {
    if (status === 'revoked' || status === 'taken' || status === 'invalid') return Promise.resolve('refused' as const);
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
  return {
    status: () => status,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    token: () => token,
    refresh,
    takeOver: () => {
      screen = undefined;
      become('opening');
      void refresh();
    },
  };
}

/** The access of whoever is signed in to this browser. */
export function personAccess(session: Session): Access {
  const statusOf = (): AccessStatus => {
    switch (session.state().status) {
      case 'restoring':
        return 'opening';
      case 'unreachable':
        return 'unreachable';
      case 'signed-in':
        return 'open';
      case 'signed-out':
        return 'none';
    }
  };
  return {
    status: statusOf,
    subscribe: session.subscribe,
    token: () => session.accessToken(),
    refresh: async () => {
      if (session.state().status !== 'restoring') return session.refresh();
      await session.restore();
      return statusOf() === 'open' ? 'ok' : statusOf() === 'none' ? 'refused' : 'unreachable';
    },
    takeOver: () => undefined,
  };
}

/** The access that an address gives: the link's after `#d=`, else the login's. */
export function accessOf(hash: string, session: Session): Access {
  const secret = new URLSearchParams(hash.slice(1)).get('d');
  return secret ? displayAccess(secret) : personAccess(session);
}
