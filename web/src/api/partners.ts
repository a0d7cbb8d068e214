import { queryOptions } from '@tanstack/react-query';
import type { Named } from '../shared/model';
import { call } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import type { CatalogueFilter } from './products';
import { useWrite, type WriteHandlers } from './write';

// Who rents, and the cards that the payment provider keeps for them.

/** The first partners of a search, for a field that offers them. */
export const partnersQueryOptions = (search: string) =>
  queryOptions({
    queryKey: [...keys.partners, search],
    queryFn: ({ signal }) => call('get', '/api/v1/partners', { query: { search, limit: 50 }, signal }),
    staleTime: 60_000,
  });

export const partnerListQueryOptions = ({ search, archived }: CatalogueFilter) =>
  listQueryOptions([...keys.partners, 'page', { search, archived }], '/api/v1/partners', {
    search,
    archived: archived || null,
  });

export const cardsQueryOptions = (partnerId: string) =>
  queryOptions({
    queryKey: [...keys.cards, partnerId],
    queryFn: ({ signal }) => call('get', '/api/v1/partners/{id}/cards', { path: { id: partnerId }, signal }),
    staleTime: 60_000,
  });

/** A partner as it is saved: absent members stay as they are. */
export type PartnerChange = Pick<Named, 'id' | 'name'> & Partial<Named>;

/** Erases a partner's data for good. */
export function useErasePartner(id: string) {
  return useWrite({
    send: () => call('post', '/api/v1/partners/{id}/erase', { path: { id } }),
    refresh: [keys.partners],
  });
}

/** Adds, renames or archives a partner. The id is the caller's: sent again it makes no second one. */
export function useSavePartner(handlers?: WriteHandlers<unknown, PartnerChange>) {
  return useWrite<unknown, PartnerChange>(
    {
      send: ({ id, ...body }) => call('put', '/api/v1/partners/{id}', { path: { id }, body }),
      refresh: [keys.partners],
    },
    handlers,
  );
}
