import { useEffect } from 'react';

/** How many steps of a list are followed by themselves while they have nothing: fewer than the list keeps. */
const mostSteps = 8;

/** What has to be known of a list that is read in steps. */
interface SteppedList {
  data: { pages: readonly { items: readonly unknown[] }[] } | undefined;
  hasNextPage: boolean;
  isFetching: boolean;
  isError: boolean;
  fetchNextPage: (options: { cancelRefetch: boolean }) => unknown;
}

/**
 * Goes on while a filtered list has found nothing: a step of it may have no rows and a next step. True while it does,
 * and while a further step has to be asked for.
 */
export function useFollowedPages({ data, hasNextPage, isFetching, isError, fetchNextPage }: SteppedList): boolean {
  const pages = data?.pages ?? [];
  const nothing = pages.length > 0 && hasNextPage && pages.every(({ items }) => items.length === 0);
  const steps = pages.length;
  const follow = nothing && steps < mostSteps && !isFetching && !isError;
  useEffect(() => {
    if (follow && steps > 0) fetchNextPage({ cancelRefetch: false });
  }, [follow, steps, fetchNextPage]); // each step anew: a quick one begins and ends between two draws
  return nothing;
}
