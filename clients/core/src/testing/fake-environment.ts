import type { Environment, RentalCreatedEvent } from '../index.js';
import type { Tabs } from '../tabs/browser-tabs.js';

/** An environment on the global clock (a test's fake timers), whose network and visibility a test switches. */
export class FakeEnvironment implements Environment {
  online = true;
  visible = true;
  /** 0.5 puts every wait exactly on its step. */
  chance = 0.5;
  readonly tabs: Tabs | null = null;
  readonly errors: unknown[] = [];
  readonly #runs = { online: new Set<() => void>(), offline: new Set<() => void>(), visible: new Set<() => void>() };

  now = (): number => Date.now();
  random = (): number => this.chance;
  setTimeout = (run: () => void, ms: number): ReturnType<typeof setTimeout> => globalThis.setTimeout(run, ms);
  clearTimeout = (handle: ReturnType<typeof setTimeout>): void => {
    globalThis.clearTimeout(handle);
  };
  isOnline = (): boolean => this.online;
  isVisible = (): boolean => this.visible;
  onOnline = (run: () => void): (() => void) => this.#listen('online', run);
  onOffline = (run: () => void): (() => void) => this.#listen('offline', run);
  onVisible = (run: () => void): (() => void) => this.#listen('visible', run);
  reportError = (error: unknown): void => {
    this.errors.push(error);
  };

  #listen(name: 'online' | 'offline' | 'visible', run: () => void): () => void {
    this.#runs[name].add(run);
    return () => {
      this.#runs[name].delete(run);
    };
  }

  get listeners(): number {
    return this.#runs.online.size + this.#runs.offline.size + this.#runs.visible.size;
  }

  goOffline(): void {
    this.online = false;
    for (const run of this.#runs.offline) run();
  }

  goOnline(): void {
    this.online = true;
    for (const run of this.#runs.online) run();
  }

  show(): void {
    this.visible = true;
    for (const run of this.#runs.visible) run();
  }
}

/** jwt makes a token that says when it ends; nobody here checks its signature. */
export function jwt(expiresAt: number, name = 'a'): string {
  const part = (value: unknown): string =>
    btoa(JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  return `${part({ alg: 'EdDSA' })}.${part({ exp: Math.floor(expiresAt / 1000), jti: name })}.sig`;
}

export function rental(number: number): RentalCreatedEvent {
  return {
    eventId: `event-${number}`,
    timestamp: new Date(Date.UTC(2026, 1, 4, 14, 2, number)).toISOString(),
    type: 'rental_created',
    data: {
      rentalId: `r${number}`,
      partnerId: 'p1',
      partnerName: 'Béta Bau Bt.',
      equipmentCount: 3,
      totalValue: 42000,
      currency: 'HUF',
    },
  };
}
