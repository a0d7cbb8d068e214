/** Every wait of the connection but the backoff's, in milliseconds. */
export const timing = {
  /** A connection that lived this long restarts the backoff. */
  lifeBeforeRestart: 10_000,
  /** A server, or a leader, that does not answer within this time is gone. */
  probeLimit: 2000,
  ackLimit: 10_000,
  /** A younger try is not aborted for another. */
  settle: 1000,
  /** How often sleep is looked for, and by how much a timer must be late to count as sleep. */
  sleepCheck: 15_000,
  sleepSlack: 10_000,
  /** The clock is first compared this long after `session`, or up to twice that: not all at once. */
  firstComparison: 2000,
  /** A visible tab that received nothing from the leader for this long asks it. */
  leaderSilence: 5000,
} as const;
