import type { ClockComparison, TestAlert } from '@harang/react';

/** The way of a test alert, in milliseconds since it was asked for; null where the clocks were not compared. */
export interface AlertTrace {
  readonly committed: number | null;
  readonly sent: number | null;
  readonly here: number;
}

/**
 * alertTrace measures the whole by this device's clock alone. The steps between are
 * of the server's, whose offset is known to half a round trip; that no step can
 * lie outside the whole makes it more exact.
 */
export function alertTrace(
  alert: Pick<TestAlert, 'at' | 'sentAt'>,
  askedAt: number,
  hereAt: number,
  clock: ClockComparison | null,
): AlertTrace {
  const here = Math.max(0, hereAt - askedAt);
  const [at, sentAt] = [Date.parse(alert.at), Date.parse(alert.sentAt)];
  if (clock === null || Number.isNaN(at) || Number.isNaN(sentAt)) return { committed: null, sent: null, here };
  const offset = Math.min(at - askedAt, Math.max(sentAt - hereAt, clock.offsetMs));
  // Two nodes whose clocks differ can contradict each other all the same.
  const committed = Math.min(here, Math.max(0, at - offset - askedAt));
  return { committed, sent: Math.min(here, Math.max(committed, sentAt - offset - askedAt)), here };
}
