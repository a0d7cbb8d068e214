import { queryOptions } from '@tanstack/react-query';
import type { Named } from '../shared/model';
import { call } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import { useWrite, type WriteHandlers } from './write';

// Who rents, and the cards that the payment provider keeps for them.

/** The first partners of a search, for a field that offers them. */
export const partnersQueryOptions = (search: string) =>
  queryOptions({
    queryKey: [...keys.partners, search],
    queryFn: ({ signal }) => call('get', '/api/v1/partners', { query: { search, limit: 50 }, signal }),
    staleTime: 60_000,
  });

export const partnerListQueryOptions = (search: string) =>
  listQueryOptions([...keys.partners, 'page', search], '/api/v1/partners', { search });

export const cardsQueryOptions = (partnerId: string) =>
  queryOptions({
    queryKey: [...keys.cards, partnerId],
    queryFn: ({ signal }) => call('get', '/api/v1/partners/{id}/cards', { path: { id: partnerId }, signal }),
    staleTime: 60_000,
  });

export type PartnerName = Pick<Named, 'id' | 'name'>;

/** Adds a partner, or renames the one with this id. The id is the caller's: sent again it makes no second partner. */
export function useSavePartner(handlers?: WriteHandlers<unknown, PartnerName>) {
  return useWrite<unknown, PartnerName>(
    {
      send: ({ id, name }) => call('put', '/api/v1/partners/{id}', { path: { id }, body: { name } }),
      refresh: [keys.partners],
    },
    handlers,
  );
}
