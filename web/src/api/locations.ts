import { queryOptions } from '@tanstack/react-query';
import type { Named, OpeningHours } from '../shared/model';
import { call } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import type { CatalogueFilter } from './products';
import { useWrite, type WriteHandlers } from './write';

/** Where the shop keeps its machines. */
export const locationsQueryOptions = () =>
  queryOptions({
    queryKey: keys.locations,
    queryFn: ({ signal }) => call('get', '/api/v1/locations', { query: { limit: 200 }, signal }),
    staleTime: 60_000,
  });

export const locationListQueryOptions = ({ search, archived }: CatalogueFilter) =>
  listQueryOptions([...keys.locations, 'page', { search, archived }], '/api/v1/locations', {
    search,
    archived: archived || null,
  });

/** A location as it is saved: absent members, its opening hours and terms among them, stay as they are. */
export type LocationChange = Pick<Named, 'id' | 'name'> &
  Partial<Named> & {
    openingHours?: OpeningHours | null;
    rentalTerms?: string;
  };

/** Adds, renames or archives a location. The id is the caller's: sent again it makes no second one. */
export function useSaveLocation(handlers?: WriteHandlers<unknown, LocationChange>) {
  return useWrite(
    {
      send: ({ id, ...body }: LocationChange) => call('put', '/api/v1/locations/{id}', { path: { id }, body }),
      // An archived location is in no list of stock and raises no alert.
      refresh: [keys.locations, keys.stock, keys.alerts, keys.summary],
    },
    handlers,
  );
}
