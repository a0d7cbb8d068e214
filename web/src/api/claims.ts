import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { Claim, Page, PaymentFailure, StockAlert } from '../shared/model';
import { call } from './call';
import { keys } from './keys';
import { changeLists } from './notifications';
import { refresh } from './refresh';

// Who deals with an event ("Intézem"). Everyone who may see the event sees it.

/** The queries whose answers say who has an event. */
export const claimKeys = [keys.notificationList, keys.alerts, keys.paymentFailures] as const;

/** Claims an event, or gives its claim back; shown at once in every list. A refusal reads the lists: somebody was faster. */
export function useClaim(eventId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (action: 'claim' | 'release'): Promise<Claim | null> => {
      const path = { eventId };
      if (action === 'claim') return call('post', '/api/v1/notifications/{eventId}/claim', { path });
      await call('delete', '/api/v1/notifications/{eventId}/claim', { path });
      return null;
    },
    onSuccess(claim) {
      if (!claimInCaches(client, eventId, claim)) void refresh(client, [keys.paymentFailures]);
    },
    onError: () => refresh(client, claimKeys),
  });
}

/**
 * claimInCaches shows who has an event, in the lists and on the dashboard. It answers false when the dashboard does
 * not know the event: it may be of an earlier failure of a row there, which only the server knows.
 */
export function claimInCaches(client: QueryClient, eventId: string, claim: Claim | null): boolean {
  let known = false;
  changeLists(client, (item) => (item.eventId === eventId ? { ...item, claim } : item));
  client.setQueryData<Page<StockAlert>>(keys.alerts, (page) => {
    if (!page?.items.some((alert) => alert.eventId === eventId)) return page;
    known = true;
    return { ...page, items: page.items.map((alert) => (alert.eventId === eventId ? { ...alert, claim } : alert)) };
  });
  client.setQueriesData<Page<PaymentFailure>>({ queryKey: keys.paymentFailures }, (page) => {
    const meant = (failure: PaymentFailure) => failure.eventId === eventId || failure.claim?.eventId === eventId;
    if (!page?.items.some(meant)) return page;
    known = true;
    return { ...page, items: page.items.map((failure) => (meant(failure) ? { ...failure, claim } : failure)) };
  });
  return known;
}
