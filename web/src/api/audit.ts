import { infiniteQueryOptions } from '@tanstack/react-query';
import { call } from './call';
import { keys } from './keys';
import { listQueryOptions, pageSize, paging } from './list';
import type { components } from './schema';

// Who did what, and the movements of stock.

export type AuditEntry = components['schemas']['AuditBody'];
export type StockMovement = components['schemas']['MovementBody'];

export interface AuditFilter {
  actor: string | null;
  action: string | null;
  /** A type, a colon and an id. */
  subject: string | null;
  since: string | null;
  until: string | null;
}

export const noAuditFilter: AuditFilter = { actor: null, action: null, subject: null, since: null, until: null };

/** Newest first. For administrators; managers read that of one stock item, product or rental. */
export const auditQueryOptions = (filter: AuditFilter) =>
  listQueryOptions([...keys.audit, filter], '/api/v1/audit', { ...filter });

/** The movements of a stock item, newest first. */
export const stockHistoryQueryOptions = (productId: string, locationId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.stock, 'history', productId, locationId],
    queryFn: ({ signal, pageParam: { cursor } }) =>
      call('get', '/api/v1/inventory/stock/{productId}/{locationId}/history', {
        path: { productId, locationId },
        query: { limit: pageSize, cursor },
        signal,
      }),
    ...paging,
  });

/** The id of a stock item in the audit log. */
export function stockAuditId(productId: string, locationId: string): string {
  return `${productId.replaceAll('%', '%25').replaceAll('/', '%2F')}/${locationId}`;
}
