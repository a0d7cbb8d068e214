import { useSyncExternalStore } from 'react';
import { ApiError, request } from './http';
import type { User } from './model';

interface Grant {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
  user: User;
}

/** How a refresh ended. `refused`: the session is over. `unreachable`: nobody answered, the session stays as it is. */
export type RefreshResult = 'ok' | 'refused' | 'unreachable';

export type SessionState =
  | { status: 'restoring'; user: null }
  /** The page was opened while the server could not be reached: whether there is a session is not known. */
  | { status: 'unreachable'; user: null }
  /** `wanted`: somebody signed out, here or in another tab. */
  | { status: 'signed-out'; user: null; reason: 'none' | 'asked' | 'ended'; wanted?: true }
  | { status: 'signed-in'; user: User };

const openedKey = 'harang-session';

/** Whether a session was opened in this browser and has not ended here; false also when nothing can be remembered. */
function wasOpened(): boolean {
  try {
    return localStorage.getItem(openedKey) !== null;
  } catch {
    return false;
  }
}

function rememberOpened(opened: boolean): void {
  try {
    if (opened) localStorage.setItem(openedKey, '1');
    else localStorage.removeItem(openedKey);
  } catch {
    // Storage may be switched off; the server is then asked whether there is a cookie.
  }
}

/**
 * Whether the browser sends a refresh cookie. Only the server can see it, and
 * to a refresh without one it answers 401, which browsers log as an error. A
 * server that does not answer the question is asked for the refresh itself.
 */
async function cookieIsHeld(): Promise<boolean> {
  try {
    return (await request<{ held?: unknown }>('/auth/session')).held !== false;
  } catch {
    return true;
  }
}

/** A token within this many milliseconds of its end is not used for a new request. */
const staleBefore = 10_000;

/** Kept over reloads: somebody signed out, and the server has not heard of it yet. */
const leaving = {
  key: 'harang-signing-out',
  /** While storage is switched off; it lasts until the reload. */
  unsaved: false,
  get(): boolean {
    try {
      return this.unsaved || localStorage.getItem(this.key) !== null;
    } catch {
      return this.unsaved;
    }
  },
  set(value: boolean): void {
    this.unsaved = false;
    try {
      if (value) localStorage.setItem(this.key, 'true');
      else localStorage.removeItem(this.key);
    } catch {
      this.unsaved = value;
    }
  },
};

/**
 * Who is signed in. The access token lives in memory only; after a reload the
 * HttpOnly refresh cookie brings it back. Tabs tell each other of sign-in and
 * sign-out, because they share that cookie.
 */
export class Session {
  #state: SessionState = { status: 'restoring', user: null };
  #token: string | null = null;
  #expiresAt = 0;
  #refreshing: Promise<RefreshResult> | null = null;
  #telling: Promise<void> | null = null;
  /** Counts the sign-ins and the ends: a refresh that was asked for before the last of them says nothing any more. */
  #turn = 0;
  readonly #listeners = new Set<() => void>();
  readonly #channel: BroadcastChannel | null;
  readonly #now: () => number;

  constructor(options: { now?: () => number; channel?: BroadcastChannel | null } = {}) {
    this.#now = options.now ?? Date.now;
    this.#channel = options.channel ?? null;
    this.#channel?.addEventListener('message', (message: MessageEvent<unknown>) => {
      if (message.data === 'signed-out') this.#end('ended', true);
      if (message.data !== 'signed-in') return;
      // The answer to an earlier question is of before that.
      this.#turn += 1;
      this.#refreshing = null;
      void this.refresh();
    });
  }

  state = (): SessionState => this.#state;

  /** Calls back after each change of state; returns its unsubscribe. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** The access token, stale or not, or null when nobody is signed in. */
  accessToken(): string | null {
    return this.#token;
  }

  /** Whether the token is missing, ended, or about to end. */
  isStale(): boolean {
    return this.#token === null || this.#expiresAt - staleBefore <= this.#now();
  }

  /** Asks for the session that the refresh cookie still holds. */
  async restore(): Promise<void> {
    if (!wasOpened() && !(await cookieIsHeld())) {
      if (this.#state.status !== 'signed-in') this.#end('none');
      return;
    }
    if ((await this.refresh()) === 'unreachable' && this.#state.status === 'restoring') {
      this.#set({ status: 'unreachable', user: null });
    }
  }

  /** Throws an ApiError: `INVALID_CREDENTIALS`, `RATE_LIMITED`, `UNREACHABLE` and so on. */
  async signIn(email: string, password: string): Promise<User> {
    // Its answer takes the cookie away, and must not take the new one.
    await this.#telling;
    const grant = await request<Grant>('/auth/login', { method: 'POST', body: { email, password } });
    leaving.set(false);
    this.#turn += 1;
    this.#accept(grant);
    this.#channel?.postMessage('signed-in');
    return grant.user;
  }

  /** Gets a new access token. Calls made while one is under way share its answer. */
  refresh(): Promise<RefreshResult> {
    if (this.#refreshing !== null) return this.#refreshing;
    const asked = this.#refresh().finally(() => {
      if (this.#refreshing === asked) this.#refreshing = null;
    });
    this.#refreshing = asked;
    return asked;
  }

  async #refresh(): Promise<RefreshResult> {
    if (leaving.get()) {
      this.#end('asked');
      await this.#tell(null);
      return 'refused';
    }
    const turn = this.#turn;
    const overtaken = (): RefreshResult => (this.#state.status === 'signed-in' ? 'ok' : 'refused');
    try {
      const before = this.#state;
      const grant = await request<Grant>('/auth/refresh', { method: 'POST' });
      if (turn !== this.#turn) return overtaken();
      this.#accept(grant);
      // The role changed, say: the other tabs ask for themselves, so that all go on as the same user.
      if (before.status === 'signed-in' && before !== this.#state) this.#channel?.postMessage('signed-in');
      return 'ok';
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        if (turn !== this.#turn) return overtaken();
        this.#end(this.#state.status === 'signed-in' ? 'ended' : 'none');
        return 'refused';
      }
      return 'unreachable';
    }
  }

  /** Ends the session here, in the other tabs and at the server. Never fails: a server that cannot be reached is told before the cookie is used again. */
  async signOut(): Promise<void> {
    const token = this.#token;
    leaving.set(true);
    this.#end('asked');
    this.#channel?.postMessage('signed-out');
    await this.#tell(token);
  }

  #tell(token: string | null): Promise<void> {
    this.#telling ??= this.#logout(token).finally(() => {
      this.#telling = null;
    });
    return this.#telling;
  }

  async #logout(token: string | null): Promise<void> {
    try {
      await request('/auth/logout', {
        method: 'POST',
        headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      });
    } catch (error) {
      // 401: the session was over already. Anything else: it was not heard.
      if (!(error instanceof ApiError) || error.status !== 401) return;
    }
    leaving.set(false);
  }

  /** Replaces what is known of the signed-in user; the other tabs ask for themselves. */
  update(user: User): void {
    if (this.#state.status !== 'signed-in') return;
    if (JSON.stringify(this.#state.user) === JSON.stringify(user)) return;
    this.#set({ status: 'signed-in', user });
    this.#channel?.postMessage('signed-in');
  }

  /** The server allows nothing until this user has chosen a new password. */
  requirePasswordChange(): void {
    if (this.#state.status !== 'signed-in' || this.#state.user.passwordChangeRequired === true) return;
    this.#set({ status: 'signed-in', user: { ...this.#state.user, passwordChangeRequired: true } });
  }

  /** Asks what is allowed now that this user has chosen a new password. */
  async passwordChanged(): Promise<void> {
    if ((await this.refresh()) !== 'unreachable' || this.#state.status !== 'signed-in') return;
    const { passwordChangeRequired, ...user } = this.#state.user;
    if (passwordChangeRequired !== undefined) this.#set({ status: 'signed-in', user });
  }

  #accept(grant: Grant): void {
    this.#token = grant.accessToken;
    this.#expiresAt = this.#now() + grant.expiresIn * 1000;
    rememberOpened(true);
    const before = this.#state;
    if (before.status === 'signed-in' && JSON.stringify(before.user) === JSON.stringify(grant.user)) return;
    this.#set({ status: 'signed-in', user: grant.user });
  }

  #end(reason: 'none' | 'asked' | 'ended', wanted = reason === 'asked'): void {
    this.#turn += 1;
    this.#token = null;
    this.#expiresAt = 0;
    rememberOpened(false);
    if (this.#state.status === 'signed-out') return;
    this.#set({ status: 'signed-out', user: null, reason, ...(wanted && { wanted }) });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** The page's one session. */
export const session = new Session({
  channel: typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('harang-session'),
});

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.state);
}

/** The signed-in user. Only for components below the signed-in layout. */
export function useUser(): User {
  const state = useSession();
  if (state.status !== 'signed-in') throw new Error('useUser() outside the signed-in layout');
  return state.user;
}
