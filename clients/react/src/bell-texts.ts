import { isEvent, type ConnectionSnapshot, type FeedEvent } from '@harang/client';

export type BellLanguage = 'hu' | 'en';

/** How urgent: warning is yellow, error red and announced at once, success green. */
export type BellKind = 'warning' | 'error' | 'success';

/** What the bell says of an event. */
export interface BellSentence {
  readonly kind: BellKind;
  readonly title: string;
  readonly detail?: string | undefined;
}

const money = (amount: number, language: BellLanguage): string =>
  `${new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(amount)} Ft`;

/** describeEvent says a known event in one sentence; an unknown one by the name of its type. */
export function describeEvent(event: FeedEvent, language: BellLanguage): BellSentence {
  const hu = language === 'hu';
  if (isEvent(event, 'stock_alert')) {
    const { severity, productName, locationName, currentQuantity, threshold } = event.data;
    const critical = severity === 'CRITICAL';
    const title = hu
      ? critical
        ? 'Kritikus készlethiány'
        : 'Alacsony készlet'
      : critical
        ? 'Critical shortage'
        : 'Low stock';
    const detail = hu
      ? `${locationName} · ${currentQuantity} / ${threshold} db`
      : `${locationName} · ${currentQuantity} of ${threshold}`;
    return { kind: 'warning', title: `${title}: ${productName}`, detail };
  }
  if (isEvent(event, 'payment_error')) {
    const { errorMessage, partnerName, amount } = event.data;
    return {
      kind: 'error',
      title: `${hu ? 'Fizetési hiba' : 'Payment failed'}: ${errorMessage}`,
      detail: `${partnerName} · ${money(amount, language)}`,
    };
  }
  if (isEvent(event, 'rental_created')) {
    const { partnerName, equipmentCount, totalValue } = event.data;
    const items = hu ? `${equipmentCount} tétel` : `${equipmentCount} ${equipmentCount === 1 ? 'item' : 'items'}`;
    return {
      kind: 'success',
      title: `${hu ? 'Új bérlés' : 'New rental'}: ${partnerName} - ${items}`,
      detail: money(totalValue, language),
    };
  }
  return { kind: 'success', title: event.type };
}

const texts = {
  hu: {
    bell: (count: number) => (count === 0 ? 'Értesítések' : `Értesítések, ${count} olvasatlan`),
    panel: 'Értesítések',
    empty: 'Még nincs értesítés.',
    failed: 'A lista nem töltődött be.',
    retry: 'Újra',
    loading: 'Töltés...',
    markAll: 'Mind olvasott',
    more: 'Régebbiek',
    close: 'Bezárás',
    toasts: 'Friss értesítések',
    moreToasts: (count: number) => `＋${count} további`,
    replay: (count: number) => `Amíg távol volt: ${count} esemény`,
    claimed: (name: string) => `Intézi: ${name}`,
    connected: 'Csatlakozva',
    reconnecting: 'Újracsatlakozás...',
    reconnect: 'Újra most',
    disconnected: (reason: string) => `Nincs kapcsolat (${reason})`,
    offline: 'Offline',
    origin: 'Ezt az oldalt a szerver nem engedi be.',
    limit: (limit: number | null) => `Túl sok megnyitott kapcsolat${limit === null ? '' : ` (legfeljebb ${limit})`}.`,
    closed: 'A kapcsolatot az adminisztrátor bontotta.',
    locale: 'hu-HU',
  },
  en: {
    bell: (count: number) => (count === 0 ? 'Notifications' : `Notifications, ${count} unread`),
    panel: 'Notifications',
    empty: 'No notifications yet.',
    failed: 'The list could not be loaded.',
    retry: 'Try again',
    loading: 'Loading...',
    markAll: 'Mark all as read',
    more: 'Older',
    close: 'Close',
    toasts: 'New notifications',
    moreToasts: (count: number) => `＋${count} more`,
    replay: (count: number) => `While you were away: ${count} ${count === 1 ? 'event' : 'events'}`,
    claimed: (name: string) => `Taken by ${name}`,
    connected: 'Connected',
    reconnecting: 'Reconnecting...',
    reconnect: 'Now',
    disconnected: (reason: string) => `Not connected (${reason})`,
    offline: 'Offline',
    origin: 'The server does not accept this page.',
    limit: (limit: number | null) => `Too many open connections${limit === null ? '' : ` (at most ${limit})`}.`,
    closed: 'An administrator closed the connection.',
    locale: 'en-GB',
  },
};

export type BellTexts = (typeof texts)['hu'];

export const bellTexts = (language: BellLanguage): BellTexts => texts[language];

/** connectionText says how the connection is. */
export function connectionText(
  { status, reason, limit }: Pick<ConnectionSnapshot, 'status' | 'reason' | 'limit'>,
  said: BellTexts,
): string {
  if (status === 'connected') return said.connected;
  switch (reason) {
    case 'OFFLINE':
      return said.offline;
    case 'ORIGIN_REFUSED':
      return said.origin;
    case 'CLOSED_BY_ADMIN':
      return said.closed;
    case 'TENANT_CONNECTION_LIMIT':
    case 'USER_CONNECTION_LIMIT':
      return said.limit(limit);
    default:
      return status === 'reconnecting' ? said.reconnecting : said.disconnected(reason ?? '');
  }
}
