import type { ComponentProps, ReactNode } from 'react';
import { useTranslation } from '../i18n/i18n';
import { useStaleSince } from '../connection';
import { useFocusRestore } from '../focus-restore';
import { Button } from './controls/button';
import classes from './list-page.module.css';
import { ErrorState, RowSkeletons } from './states';
import { Age } from './widget';

/** What a list page has to know of the query that feeds it. */
export interface ListQuery {
  data: unknown;
  error: Error | null;
  isPending: boolean;
  isFetching: boolean;
  isPlaceholderData: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
  /** Absent for a list that comes whole. */
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
  /** Pages at the beginning were dropped, because the list was followed far. */
  hasPreviousPage?: boolean;
  isFetchingPreviousPage?: boolean;
  fetchPreviousPage?: () => unknown;
}

interface ListPageProps {
  label: string;
  filters: ReactNode;
  /** What can be begun here, at the right. */
  action?: ReactNode;
  /** What can be done with the whole list, before the action. */
  tools?: ReactNode;
  query: ListQuery;
  /** Says what will appear here; shown instead of the rows. */
  empty: ReactNode | null;
  /** The rows, as `li`, or a list of its own with `bare`. */
  children: ReactNode;
  bare?: boolean;
  /** Handlers of the list of rows. */
  listHandlers?: Pick<ComponentProps<'ul'>, `on${string}` & keyof ComponentProps<'ul'>>;
}

/** Filters above, then what there is: placeholders, the error with its retry, why it is empty, or the rows and how to get more. */
export function ListPage({
  label,
  filters,
  action,
  tools,
  query,
  empty,
  children,
  bare = false,
  listHandlers,
}: ListPageProps) {
  const { t } = useTranslation();
  const { data, error, isFetching } = query;
  const staleSince = useStaleSince(data === undefined ? 0 : query.dataUpdatedAt);
  return (
    <div className={classes.page}>
      <div className={classes.filters}>
        {filters}
        {staleSince !== null && <Age since={staleSince} />}
        {(tools !== undefined || action !== undefined) && (
          <div className={classes.end}>
            {tools}
            {action !== undefined && <div className={classes.action}>{action}</div>}
          </div>
        )}
      </div>
      {query.hasPreviousPage === true && (
        <Button
          className={classes.more}
          variant="default"
          loading={query.isFetchingPreviousPage === true}
          onClick={() => query.fetchPreviousPage?.()}
        >
          {t('common.previous')}
        </Button>
      )}
      <section
        ref={useFocusRestore()}
        className={classes.panel}
        aria-label={label}
        aria-busy={isFetching}
        data-bare={bare || undefined}
        data-stale={query.isPlaceholderData || undefined}
        data-offline={staleSince !== null || undefined}
      >
        {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => query.refetch()} />}
        {query.isPending && <RowSkeletons rows={8} tall />}
        {data !== undefined &&
          (empty ??
            (bare ? (
              children
            ) : (
              <ul className={classes.list} {...listHandlers}>
                {children}
              </ul>
            )))}
      </section>
      {query.hasNextPage === true && (
        <Button
          className={classes.more}
          variant="default"
          loading={query.isFetchingNextPage === true}
          onClick={() => query.fetchNextPage?.()}
        >
          {t('common.more')}
        </Button>
      )}
    </div>
  );
}
