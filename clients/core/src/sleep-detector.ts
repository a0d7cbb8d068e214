import type { Environment, TimerHandle } from './environment.js';
import { timing } from './timing.js';

/**
 * detectSleep notices that timers stood still, so that a laptop that slept with
 * the page in sight is noticed too. Hidden pages are left out: browsers slow
 * their timers, and they wake by becoming visible. It returns how to stop it.
 */
export function detectSleep(environment: Environment, wake: () => void): () => void {
  let timer: TimerHandle | undefined;
  const turn = (before: number): void => {
    timer = environment.setTimeout(() => {
      const now = environment.now();
      turn(now);
      if (environment.isVisible() && now - before > timing.napCheck + timing.napSlack) wake();
    }, timing.napCheck);
  };
  turn(environment.now());
  return () => {
    if (timer !== undefined) environment.clearTimeout(timer);
  };
}
