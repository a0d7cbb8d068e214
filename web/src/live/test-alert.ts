import type { ClockComparison, TestAlert } from '@harang/react';

/** A test alert that reached this page, and when by this device's clock (Unix milliseconds). */
export interface ArrivedAlert extends TestAlert {
  readonly hereAt: number;
}

/** How many milliseconds lay between commit and arrival; null before the clocks were compared. */
export function travelTime(alert: ArrivedAlert, clock: ClockComparison | null): number | null {
  const committed = Date.parse(alert.at);
  if (clock === null || Number.isNaN(committed)) return null;
  return Math.max(0, alert.hereAt + clock.offsetMs - committed);
}
