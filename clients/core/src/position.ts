/** The audience half of a feed's name: `o` operators, `m` managers. */
export type Audience = 'o' | 'm';

/**
 * A place in a feed. The epoch names the database and the tenant, the audience
 * names the feed, the number counts 1, 2, 3 … without holes.
 */
export interface Position {
  readonly epoch: string;
  readonly audience: Audience;
  readonly number: number;
}

const pattern = /^([^:]{1,128}):([om]):(0|[1-9][0-9]{0,15})$/;

/** parsePosition reads `<epoch>:<o|m>:<number>`; anything else is null. */
export function parsePosition(text: unknown): Position | null {
  if (typeof text !== 'string') return null;
  const match = pattern.exec(text);
  if (!match) return null;
  const [, epoch = '', audience, digits = ''] = match;
  const number = Number(digits);
  if (!Number.isSafeInteger(number)) return null;
  return { epoch, audience: audience as Audience, number };
}

/** isAhead tells whether `text` is a later place than `than`, or one where that is none. Other feeds cannot be compared. */
export function isAhead(text: string | null, than: string | null): boolean {
  const here = parsePosition(text);
  const there = parsePosition(than);
  return here !== null && (there === null || (sameFeed(here, there) && here.number > there.number));
}

/** sameFeed tells whether two positions count in the same row of numbers. */
export function sameFeed(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.audience === b.audience;
}
