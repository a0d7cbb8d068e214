const steps: readonly number[] = [3000, 6000, 12000, 24000];
const top = 30000;
const spread = 0.1;

/** The waits between tries: 3, 6, 12, 24 s, each ±10 %, then 30 s and never more. */
export interface Backoff {
  /** next climbs one step and returns its wait in milliseconds. */
  next(): number;
  /** again returns a wait of the step we stand on, without climbing. */
  again(): number;
  /** restart begins at the lowest step. */
  restart(): void;
  /** How many steps were climbed: another backoff can go on from there. */
  readonly climbed: number;
}

export function createBackoff(random: () => number, from = 0): Backoff {
  let climbed = from;
  const wait = (index: number): number => {
    const step = steps[index];
    if (step === undefined) return top;
    return Math.round(step * (1 + (random() * 2 - 1) * spread));
  };
  return {
    next: () => wait(climbed++),
    again: () => wait(Math.max(climbed - 1, 0)),
    restart: () => {
      climbed = 0;
    },
    get climbed() {
      return climbed;
    },
  };
}
