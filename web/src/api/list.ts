import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Page } from '../shared/model';
import { type Answer, call, type CallOptions, type ItemOf, type ListFilter, type ListPath } from './call';

/** How many rows one step of a list brings. */
export const pageSize = 50;

/** How many steps a list keeps; each is read again whenever the list is. */
export const maxPages = 10;

/** Where a page of a list begins, and where the page before it did; `cursor` is null for the first one. */
export interface PageStart {
  readonly cursor: string | null;
  readonly previous: PageStart | null;
}

export const firstPage: PageStart = { cursor: null, previous: null };

/** The options that all infinite lists share: at most `maxPages` in memory, with a way back to those that were dropped. */
export const paging = {
  maxPages,
  initialPageParam: firstPage,
  getNextPageParam: (last: { nextCursor: string | null }, _pages: unknown, start: PageStart): PageStart | null =>
    last.nextCursor === null ? null : { cursor: last.nextCursor, previous: start },
  getPreviousPageParam: (_first: unknown, _pages: unknown, start: PageStart): PageStart | null => start.previous,
};

/** A list that comes page by page. */
export const listQueryOptions = <Path extends ListPath>(
  queryKey: readonly unknown[],
  path: Path,
  filter: ListFilter<Path>,
  limit = pageSize,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ signal, pageParam: { cursor } }): Promise<Answer<Path, 'get'> & Page<ItemOf<Path>>> => {
      // Every list takes limit and cursor, which the compiler cannot see of a path that is not known yet.
      const options = { query: { ...filter, limit, cursor }, signal } as unknown as CallOptions<Path, 'get'>;
      return call('get', path, options);
    },
    ...paging,
  });
