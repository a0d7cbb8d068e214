import type { FeedEvent } from '@harang/react';
import { IconBell } from '@tabler/icons-react';
import type { Language } from '../shared/i18n/i18n';
import type { EventEntry, Shown } from './define';

// A new type of event is one new file here; nothing else in the page names it.
const files = import.meta.glob<{ event: EventEntry }>('./*.event.ts', { eager: true });

const entries = new Map(Object.values(files).map(({ event }) => [event.type, event]));

/** The types this page knows, in the order of their files. */
export const eventTypes: readonly string[] = [...entries.keys()];

export function eventEntry(type: string): EventEntry | undefined {
  return entries.get(type);
}

/**
 * showEvent makes an event ready to be shown. A type without a file, or data
 * that is not what its type promises, is shown by its name: never hidden.
 */
export function showEvent(event: FeedEvent, language: Language): Shown {
  return (
    entries.get(event.type)?.show(event, language) ?? {
      eventId: event.eventId,
      timestamp: event.timestamp,
      type: event.type,
      kind: 'success',
      icon: IconBell,
      claimable: false,
      link: null,
      title: event.type,
      detail: '',
      next: '',
    }
  );
}

/** countByType says how many of which, the urgent first: "2 fizetési hiba · 3 készletriasztás". */
export function countByType(events: readonly FeedEvent[], language: Language): string {
  const order = ['error', 'warning', 'success'];
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .map(([type, n]) => ({ entry: entries.get(type), type, n }))
    .sort((a, b) => order.indexOf(a.entry?.kind ?? 'success') - order.indexOf(b.entry?.kind ?? 'success'))
    .map(({ entry, type, n }) => entry?.count(n, language) ?? `${n} ${type}`)
    .join(' · ');
}
