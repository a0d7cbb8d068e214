import { queryOptions } from '@tanstack/react-query';
import { call } from './call';
import { keys } from './keys';
import { useWrite } from './write';

// What the server says of itself, and the test alert that proves the way to this screen.

/** A part of the server that it needs to work. */
export interface Part {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
}

/** What the server says of the keeping apart of shops, since it started. */
export interface Isolation {
  readonly ok: boolean;
  readonly checked: number;
  readonly blocked: number;
  readonly rounds: number;
  /** When the canary last succeeded; null when it never did or is turned off. */
  readonly lastSuccess: string | null;
}

/** What `GET /readyz` says. */
export interface Readiness {
  readonly status: string;
  readonly version: string;
  readonly parts: readonly Part[];
  readonly isolation: Isolation | null;
}

export interface ServerCheck {
  /** How long one call of the interface took, milliseconds. */
  readonly restMs: number;
  /** null where /readyz is kept from browsers. */
  readonly readiness: Readiness | null;
}

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** readReadiness understands what the server says of itself; null when that is something else. */
export function readReadiness(value: unknown): Readiness | null {
  const { status, version, dependencies } = fields(value);
  if (typeof status !== 'string' || typeof dependencies !== 'object' || dependencies === null) return null;
  const all = Object.entries(dependencies).map(([name, part]): [string, Fields] => [name, fields(part)]);
  const isolation = all.find(([name]) => name === 'isolation')?.[1];
  return {
    status,
    version: text(version),
    parts: all
      .filter(([name]) => name !== 'isolation')
      .map(([name, part]) => ({ name, ok: part.status === 'ok', ms: number(part.millis) })),
    isolation: isolation
      ? {
          ok: isolation.status === 'ok',
          checked: number(isolation.checked),
          blocked: number(isolation.blocked),
          rounds: number(isolation.rounds),
          lastSuccess: typeof isolation.lastSuccess === 'string' ? isolation.lastSuccess : null,
        }
      : null,
  };
}

async function askReadiness(signal: AbortSignal): Promise<Readiness | null> {
  try {
    // 503 has the same document: it says which part is down.
    const answer = await fetch('/readyz', { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) });
    return readReadiness(await answer.json());
  } catch {
    return null;
  }
}

/** Asks the server once: how long a call takes, and how its parts are. */
export const serverCheckQueryOptions = () =>
  queryOptions({
    queryKey: keys.selfCheck,
    queryFn: async ({ signal }): Promise<ServerCheck> => {
      const began = performance.now();
      await call('get', '/api/v1/me', { signal });
      const restMs = Math.round(performance.now() - began);
      return { restMs, readiness: await askReadiness(signal) };
    },
    staleTime: 0,
    refetchInterval: 15_000,
    retry: false,
  });

/** Asks the server for a test alert, which comes back over the live connection. */
export function useAskTestAlert() {
  return useWrite({ send: () => call('post', '/api/v1/self-check/alert', {}) });
}
