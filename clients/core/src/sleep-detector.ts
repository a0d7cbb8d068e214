import type { Environment, TimerHandle } from './environment.js';
import { timing } from './timing.js';

/**
 * detectSleep calls `wake` when a timer was late by more than 10 s: the machine slept while the page was visible.
 * Hidden pages are left out: browsers slow their timers, and they wake by becoming visible. It returns its stop.
 */
export function detectSleep(environment: Environment, wake: () => void): () => void {
  let timer: TimerHandle | undefined;
  const check = (before: number): void => {
    timer = environment.setTimeout(() => {
      const now = environment.now();
      check(now);
      if (environment.isVisible() && now - before > timing.sleepCheck + timing.sleepSlack) wake();
    }, timing.sleepCheck);
  };
  check(environment.now());
  return () => {
    if (timer !== undefined) environment.clearTimeout(timer);
  };
}
