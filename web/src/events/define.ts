import { isEvent, type EventOf, type FeedEvent, type KnownEvent } from '@harang/react';
import type { LinkOptions } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { Key } from '../api/keys';
import type { Language } from '../shared/i18n/i18n';

/** How urgent: warning is yellow, error red and announced at once, success green. */
export type Kind = 'warning' | 'error' | 'success';

export type EventIcon = ComponentType<{ size?: number | string; stroke?: number | string; 'aria-hidden'?: boolean }>;

/** What is said of one event. */
export interface Sentences {
  /** The story's sentence. */
  title: string;
  /** Where or how much. */
  detail: string;
  /** What to do now; empty when nothing. */
  next: string;
}

export type EventLink = Pick<LinkOptions, 'to' | 'search' | 'hash'>;

/** Everything the page knows of one type of event. */
export interface EventDefinition<Type extends KnownEvent['type']> {
  type: Type;
  kind: Kind;
  icon: EventIcon;
  /** Whether somebody can take it upon himself. */
  claimable: boolean;
  /** What the type is called in a filter. */
  name: Record<Language, string>;
  /** How many of them, for a digest: "3 készletriasztás". */
  count: Record<Language, (n: number) => string>;
  say: Record<Language, (data: EventOf<Type>['data']) => Sentences>;
  /** Where the record is. */
  link: (data: EventOf<Type>['data']) => EventLink;
  /** Keys of the queries whose answers it changes; the first is refreshed at once. */
  touches: readonly Key[];
}

/** One event, ready to be shown. */
export interface Shown extends Sentences {
  eventId: string;
  timestamp: string;
  type: string;
  kind: Kind;
  icon: EventIcon;
  claimable: boolean;
  link: EventLink | null;
}

/** A definition whose data type has been closed over, so that all of them fit one table. */
export interface EventEntry {
  type: string;
  kind: Kind;
  name: Record<Language, string>;
  count: (n: number, language: Language) => string;
  touches: readonly Key[];
  /** null when the event does not hold what its type promises. */
  show: (event: FeedEvent, language: Language) => Shown | null;
}

export function defineEvent<Type extends KnownEvent['type']>(definition: EventDefinition<Type>): EventEntry {
  const { type, kind, icon, claimable, name, touches } = definition;
  return {
    type,
    kind,
    name,
    touches,
    count: (n, language) => definition.count[language](n),
    show(event, language) {
      if (!isEvent(event, type)) return null;
      const { eventId, timestamp } = event;
      const data = event.data as EventOf<Type>['data'];
      return {
        eventId,
        timestamp,
        type,
        kind,
        icon,
        claimable,
        link: definition.link(data),
        ...definition.say[language](data),
      };
    },
  };
}
