import type { FeedEvent } from '@harang/react';
import { eventEntry } from '../events/registry';
import { mutedPlaces } from '../shared/muted-places';

/** Whether an event pops up here: errors always do, others unless their place is muted on this device. */
export function rings({ type, data }: FeedEvent): boolean {
  if (eventEntry(type)?.kind === 'error') return true;
  const place = (data as Readonly<Record<string, unknown>>).locationId;
  return typeof place !== 'string' || !mutedPlaces().includes(place);
}
