import type { FeedEvent } from '@harang/react';
import { eventEntry } from '../events/registry';
import { mutedLocations } from '../shared/muted-locations';

/** Whether an event is shown as a toast: errors always are, others unless their location is muted on this device. */
export function shouldToast({ type, data }: FeedEvent): boolean {
  if (eventEntry(type)?.kind === 'error') return true;
  const { locationId } = data as Readonly<Record<string, unknown>>;
  return typeof locationId !== 'string' || !mutedLocations().includes(locationId);
}
