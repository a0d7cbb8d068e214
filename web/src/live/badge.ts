import { parsePosition, sameFeed, type NotificationCount, type Position } from '@harang/react';

/**
 * The unread count: what the server counted last, and the feed events that
 * came after it. Never a sum that this tab keeps for itself.
 */
export interface Badge {
  readonly base: NotificationCount | null;
  /** Places of the feed events that `base` does not count. */
  readonly later: readonly Position[];
}

export const emptyBadge: Badge = { base: null, later: [] };

const enough = 1000;

/** badgeCount is what the bell shows. */
export function badgeCount({ base, later }: Badge): number {
  return (base?.unreadCount ?? 0) + later.length;
}

/** withEvent counts a feed event unless the base, or an earlier call, did. */
export function withEvent(badge: Badge, text: string): Badge {
  const place = parsePosition(text);
  if (!place || isCounted(badge.base, place)) return badge;
  if (badge.later.some((other) => sameFeed(other, place) && other.number === place.number)) return badge;
  return { ...badge, later: [...badge.later, place].slice(-enough) };
}

/** withCount takes a newer count of the server's and ignores an older one. */
export function withCount(badge: Badge, count: NotificationCount): Badge {
  if (badge.base && isOlder(count, badge.base)) return badge;
  return { base: count, later: badge.later.filter((place) => !isCounted(count, place)) };
}

function isCounted(base: NotificationCount | null, place: Position): boolean {
  const head = parsePosition(base?.head);
  return head !== null && sameFeed(head, place) && place.number <= head.number;
}

function isOlder(count: NotificationCount, base: NotificationCount): boolean {
  const head = parsePosition(count.head);
  const known = parsePosition(base.head);
  // Versions and numbers of different epochs cannot be compared: the newcomer is believed.
  if (!head || head.epoch !== known?.epoch) return false;
  if (count.version !== base.version) return count.version < base.version;
  return sameFeed(head, known) && head.number < known.number;
}
