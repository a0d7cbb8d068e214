import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Named, PartnerContent } from '../shared/model';
import { call } from './call';
import { keys } from './keys';
import { listQueryOptions, pageSize, paging } from './list';
import type { CatalogueFilter } from './products';
import type { components } from './schema';
import { idempotencyHeader, useWrite, type WriteHandlers } from './write';

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

/** One partner, with the others of the same phone number. */
export const partnerQueryOptions = (id: string) =>
  queryOptions({
    queryKey: [...keys.partners, 'one', id],
    queryFn: ({ signal }) => call('get', '/api/v1/partners/{id}', { path: { id }, signal }),
  });

/** Who has exactly this phone number, however it is written. */
export const samePhoneQueryOptions = (phone: string) =>
  queryOptions({
    queryKey: [...keys.partners, 'phone', phone],
    queryFn: ({ signal }) => call('get', '/api/v1/partners', { query: { phone, limit: 5 }, signal }),
    retry: false,
  });

/** The rentals of a partner, newest first. A change of any rental reads them again. */
export const partnerRentalsQueryOptions = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.rentals, 'of', id],
    queryFn: ({ signal, pageParam: { cursor } }) =>
      call('get', '/api/v1/partners/{id}/rentals', { path: { id }, query: { limit: pageSize, cursor }, signal }),
    ...paging,
  });

export const cardsQueryOptions = (partnerId: string) =>
  queryOptions({
    queryKey: [...keys.cards, partnerId],
    queryFn: ({ signal }) => call('get', '/api/v1/partners/{id}/cards', { path: { id: partnerId }, signal }),
    staleTime: 60_000,
  });

export type SavedPartner = components['schemas']['SavedPartnerBody'];

/** A partner as it is saved: absent members stay as they are. */
export type PartnerChange = Pick<Named, 'id' | 'name'> & Partial<Named>;

/** Erases a partner's data for good. */
export function useErasePartner(id: string) {
  return useWrite({
    send: () => call('post', '/api/v1/partners/{id}/erase', { path: { id } }),
    refresh: [keys.partners],
  });
}

/** Adds a partner. */
export function useCreatePartner(handlers?: WriteHandlers<SavedPartner, PartnerContent>) {
  return useWrite<SavedPartner, PartnerContent>(
    {
      send: (body, key) => call('post', '/api/v1/partners', { body, ...idempotencyHeader(key) }),
      refresh: [keys.partners],
    },
    handlers,
  );
}

/** Changes name, contacts and note of a partner. */
export function useEditPartner(id: string, handlers?: WriteHandlers<SavedPartner, PartnerContent>) {
  return useWrite<SavedPartner, PartnerContent>(
    {
      send: (body) => call('patch', '/api/v1/partners/{id}', { path: { id }, body }),
      refresh: [keys.partners],
      refreshOnError: [keys.partners],
    },
    handlers,
  );
}

/** Archives a partner, or restores it. The id is the caller's: sent again it makes no second one. */
export function useSavePartner(handlers?: WriteHandlers<unknown, PartnerChange>) {
  return useWrite<unknown, PartnerChange>(
    {
      send: ({ id, ...body }) => call('put', '/api/v1/partners/{id}', { path: { id }, body }),
      refresh: [keys.partners],
    },
    handlers,
  );
}
