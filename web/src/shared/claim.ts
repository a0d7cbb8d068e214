import { api } from './api';
import type { Claim } from './model';

/** "Intézem": tells everyone who may see the event that the caller deals with it. */
export function claimEvent(eventId: string): Promise<Claim> {
  return api<Claim>(`/notifications/${encodeURIComponent(eventId)}/claim`, { method: 'POST' });
}

/** Gives the claim back. */
export function releaseEvent(eventId: string): Promise<unknown> {
  return api(`/notifications/${encodeURIComponent(eventId)}/claim`, { method: 'DELETE' });
}
