const steps: readonly number[] = [3000, 6000, 12000, 24000];
const longest = 30000;
const jitter = 0.1;

/**
 * backoffDelay returns the wait before the next try, in milliseconds: 3, 6, 12, 24 s, each ±10 %, then 30 s.
 * `attempts` counts the waits that came before; `chance` is in [0, 1).
 */
export function backoffDelay(attempts: number, chance: number): number {
  const step = steps[attempts];
  return step === undefined ? longest : Math.round(step * (1 + (chance * 2 - 1) * jitter));
}
