import { parsePosition, sameFeed, type Position } from './position.js';
import type { NotificationCount } from './server-messages.js';

/** The unread notifications: what the server counted last, and the positions of the events that came after it. */
export interface UnreadCount {
  readonly base: NotificationCount | null;
  readonly later: readonly Position[];
}

export const emptyUnreadCount: UnreadCount = { base: null, later: [] };

/** Positions that are kept, at most. */
const laterLimit = 1000;

/** unreadTotal is the number to show. */
export function unreadTotal({ base, later }: UnreadCount): number {
  return (base?.unreadCount ?? 0) + later.length;
}

/** countEvent counts a feed event unless the server's count, or an earlier call, includes it. */
export function countEvent(count: UnreadCount, position: string): UnreadCount {
  const parsed = parsePosition(position);
  if (!parsed || includes(count.base, parsed)) return count;
  if (count.later.some((other) => sameFeed(other, parsed) && other.number === parsed.number)) return count;
  return { ...count, later: [...count.later, parsed].slice(-laterLimit) };
}

/** replaceBase takes a newer count of the server and ignores an older one. */
export function replaceBase(count: UnreadCount, base: NotificationCount): UnreadCount {
  if (count.base && isOlder(base, count.base)) return count;
  return { base, later: count.later.filter((position) => !includes(base, position)) };
}

function includes(base: NotificationCount | null, position: Position): boolean {
  const head = parsePosition(base?.head);
  return head !== null && sameFeed(head, position) && position.number <= head.number;
}

function isOlder(count: NotificationCount, base: NotificationCount): boolean {
  const head = parsePosition(count.head);
  const known = parsePosition(base.head);
  // Versions and numbers of different epochs cannot be compared: the new count wins.
  if (!head || head.epoch !== known?.epoch) return false;
  if (count.version !== base.version) return count.version < base.version;
  return sameFeed(head, known) && head.number < known.number;
}
