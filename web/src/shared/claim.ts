import { call } from './call';
import type { Claim } from './model';

/** "Intézem": tells everyone who may see the event that the caller deals with it. */
export function claimEvent(eventId: string): Promise<Claim> {
  return call('post', '/api/v1/notifications/{eventId}/claim', { path: { eventId } });
}

/** Gives the claim back. */
export function releaseEvent(eventId: string): Promise<unknown> {
  return call('delete', '/api/v1/notifications/{eventId}/claim', { path: { eventId } });
}
