/** Every wait of the connection that is not on the backoff, in milliseconds. */
export const timing = {
  /** A connection that lived this long lets the backoff start anew. */
  lifeBeforeRestart: 10_000,
  /** A connection that gives no sign of life for this long is dead. */
  probeLimit: 2000,
  ackLimit: 10_000,
  /** A try this young is not aborted for another. */
  settle: 1000,
  /** How often we look whether timers stood still, and what counts as a nap. */
  napCheck: 15_000,
  napSlack: 10_000,
  /** The clock is first compared this long after `session`, or up to twice that: not all at once. */
  firstComparison: 2000,
  /** A tab in sight that heard nothing of the speaking one for this long asks it. */
  silence: 5000,
} as const;
