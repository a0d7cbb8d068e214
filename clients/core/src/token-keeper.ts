import type { Environment, TimerHandle } from './environment.js';
import type { ConnectionOptions } from './options.js';
import type { ServerClock } from './server-clock.js';
import { tokenExpiry, type RefreshOutcome } from './token.js';
import type { RefreshAnswer } from './server-messages.js';

const margin = 5000;
const lead = 60_000;
const again = 15_000;
const renewLimit = 10_000;
const shortest = 1000;
const longestTimer = 2_147_483_647;

/** Hands a renewed token to the server over the open socket; null when no answer came. */
export type Present = (token: string) => Promise<RefreshAnswer | null>;

/** Keeps a token that is good enough for the next CONNECT, and renews it on an open socket. */
export interface TokenKeeper {
  /** fresh returns the token when it can be sent as it is. */
  fresh(): string | null;
  /** renew asks for a new token once, however many callers wait, for 10 s at most. */
  renew(): Promise<RefreshOutcome>;
  /** invalidate marks the token of the moment as one that the server no longer takes. */
  invalidate(): void;
  /** schedule renews the token before `expiresAt` and presents it, until pause. */
  schedule(expiresAt: number, present: Present, ended: (why: 'refused' | 'FORBIDDEN') => void): void;
  pause(): void;
}

export function createTokenKeeper(
  options: Pick<ConnectionOptions, 'token' | 'refresh'>,
  environment: Environment,
  clock: ServerClock,
): TokenKeeper {
  let spoiled: string | null = null;
  let renewing: Promise<RefreshOutcome> | null = null;
  let timer: TimerHandle | null = null;
  let generation = 0;

  const goodFor = (token: string, ms: number): boolean => {
    if (token === spoiled) return false;
    const expiry = tokenExpiry(token);
    return expiry === null || expiry - clock.now() > ms;
  };

  const fresh = (): string | null => {
    const token = options.token();
    if (token === null || token === spoiled) return null;
    // Without refresh the token is sent as it is: this device's clock may be wrong.
    return !options.refresh || goodFor(token, margin) ? token : null;
  };

  const ask = async (): Promise<RefreshOutcome> => {
    if (!options.refresh) return 'refused';
    let limit: TimerHandle | undefined;
    const late = new Promise<RefreshOutcome>((resolve) => {
      limit = environment.setTimeout(() => {
        resolve('unreachable');
      }, renewLimit);
    });
    try {
      return await Promise.race([options.refresh(), late]);
    } catch {
      return 'unreachable';
    } finally {
      if (limit !== undefined) environment.clearTimeout(limit);
    }
  };

  const renew = (): Promise<RefreshOutcome> => {
    renewing ??= ask().finally(() => {
      renewing = null;
    });
    return renewing;
  };

  const pause = (): void => {
    generation += 1;
    if (timer !== null) environment.clearTimeout(timer);
    timer = null;
  };

  const schedule: TokenKeeper['schedule'] = (expiresAt, present, ended) => {
    pause();
    if (Number.isNaN(expiresAt)) return;
    const mine = generation;
    const used = options.token();
    const wait = (ms: number): void => {
      timer = environment.setTimeout(() => void turn(), Math.min(Math.max(ms, 0), longestTimer));
    };
    const turn = async (): Promise<void> => {
      const before = options.token();
      // An API call of the page may have renewed it already.
      const renewed = before !== null && before !== used && goodFor(before, lead * 1.5);
      // Without refresh it waits for a newer token, until the server ends the connection.
      const outcome = renewed ? 'ok' : options.refresh ? await renew() : 'unreachable';
      if (mine !== generation) return;
      const token = options.token();
      if (outcome === 'refused' || (outcome === 'ok' && token === null)) {
        ended('refused');
        return;
      }
      const answer = outcome === 'ok' && token !== null ? await present(token) : null;
      if (mine !== generation) return;
      if (!answer) wait(again);
      else if (answer.ok) schedule(Date.parse(answer.tokenExpiresAt), present, ended);
      else if (answer.code === 'FORBIDDEN') ended('FORBIDDEN');
      else wait(again);
    };
    const left = expiresAt - clock.now();
    wait(Math.max(left - lead, left / 2, shortest));
  };

  return {
    fresh,
    renew,
    invalidate: () => {
      spoiled = options.token();
    },
    schedule,
    pause,
  };
}
