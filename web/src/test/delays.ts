// Makes answers, frames and the short timers of libraries late, each by another time, so that tests that pass at one
// speed only fail. Used with HARANG_TEST_DELAYS=1; without effect on tests that control the clock themselves.

import { setTimeout as later } from 'node:timers';
import { beforeEach } from 'vitest';

const atMost = (ms: number) => Math.floor(Math.random() * ms);
const { setTimeout: timer } = globalThis;

window.requestAnimationFrame = (callback) => Number(timer(() => callback(performance.now()), atMost(60)));
window.cancelAnimationFrame = (id) => clearTimeout(id);

function lateTimer(handler: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) {
  const caller = new Error().stack?.split('\n')[2] ?? '';
  const isLibrary = caller.includes('node_modules') && !/testing-library|vitest|msw/.test(caller);
  return timer(handler, isLibrary && ms <= 100 ? ms + atMost(60) : ms, ...values);
}
globalThis.setTimeout = lateTimer as typeof setTimeout;

let late: typeof fetch | undefined;
beforeEach(() => {
  const { fetch } = globalThis;
  if (fetch === late) return;
  late = async (...request) => {
    await pause(20);
    const answer = await fetch(...request);
    await pause(40);
    return answer;
  };
  globalThis.fetch = late;
});

function pause(ms: number): Promise<void> | undefined {
  const isFake = 'clock' in globalThis.setTimeout;
  return isFake ? undefined : new Promise((resolve) => later(resolve, atMost(ms)));
}
