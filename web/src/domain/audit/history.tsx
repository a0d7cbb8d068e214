import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { auditQueryOptions, noAuditFilter, stockHistoryQueryOptions } from '../../api/audit';
import { useNow } from '../../shared/clock';
import { formatDay, formatNumber, formatTime } from '../../shared/format';
import { type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import classes from './audit.module.css';
import { Changes } from './changes';
import { actionName, reasonText } from './entry';
import './messages';

/** A thing whose history is shown. */
export interface HistoryOf {
  type: 'stock' | 'product' | 'partner' | 'rental' | 'user';
  id: string;
  /** Of a stock item: it has movements, too, which everybody may read. */
  stock?: { productId: string; locationId: string };
}

/** Who did what to a thing and when; of a stock item also its movements with reason and balance. */
export function History({ of }: { of: HistoryOf }) {
  const { role } = useUser();
  return (
    <div className={classes.history} data-testid={`${of.type}-history`}>
      {of.stock !== undefined && <Movements {...of.stock} />}
      {role !== 'OPERATOR' && <Entries subject={`${of.type}:${of.id}`} />}
    </div>
  );
}

const momentOf = (at: string, language: Language, now: Date) =>
  `${formatDay(at, language, now)}, ${formatTime(at, language)}`;

function Entries({ subject }: { subject: string }) {
  const { t } = useTranslation('audit');
  const language = useLanguage();
  const now = useNow();
  const query = useInfiniteQuery(auditQueryOptions({ ...noAuditFilter, subject }));
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Part title={t('history.changes')} none={t('history.noChanges')} empty={entries.length === 0} query={query}>
      {entries.map((entry) => (
        <li key={entry.id} className={classes.entry} data-testid="history-entry" data-action={entry.action}>
          <p className={classes.line}>
            <b>{actionName(entry.action)}</b>
            <span>{momentOf(entry.at, language, now)}</span>
          </p>
          <p className={classes.line}>
            <span>{entry.actor.name || t('unknown')}</span>
            {entry.count > 1 && <span>{t('times', { n: formatNumber(entry.count, language) })}</span>}
          </p>
          <Changes entry={entry} />
        </li>
      ))}
    </Part>
  );
}

function Movements({ productId, locationId }: { productId: string; locationId: string }) {
  const { t } = useTranslation('audit');
  const language = useLanguage();
  const now = useNow();
  const query = useInfiniteQuery(stockHistoryQueryOptions(productId, locationId));
  const movements = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Part title={t('history.movements')} none={t('history.noMovements')} empty={movements.length === 0} query={query}>
      {movements.map((each, index) => (
        // Movements have no id of their own and are only ever added at the top.
        <li key={movements.length - index} className={classes.entry} data-testid="movement">
          <p className={classes.line}>
            <b className={classes.delta}>
              {each.delta < 0 ? '−' : '+'}
              {formatNumber(Math.abs(each.delta), language)} · {reasonText(each.reason)}
            </b>
            <span>{momentOf(each.at, language, now)}</span>
          </p>
          <p className={classes.line}>
            <span>{each.by.name}</span>
            <span>{t('history.balance', { n: formatNumber(each.quantity, language) })}</span>
          </p>
        </li>
      ))}
    </Part>
  );
}

interface PartProps {
  title: string;
  /** What is said when there is nothing. */
  none: string;
  empty: boolean;
  query: {
    error: Error | null;
    isPending: boolean;
    isFetching: boolean;
    isFetchingNextPage: boolean;
    hasNextPage: boolean;
    refetch: () => unknown;
    fetchNextPage: () => unknown;
  };
  children: ReactNode;
}

function Part({ title, none, empty, query, children }: PartProps) {
  const { t } = useTranslation();
  return (
    <section aria-label={title} aria-busy={query.isFetching}>
      <h3>{title}</h3>
      {query.error !== null && (
        <ErrorState error={query.error} busy={query.isFetching} onRetry={() => query.refetch()} />
      )}
      {query.isPending && <RowSkeletons rows={3} />}
      {!query.isPending && query.error === null && empty && <p className={classes.none}>{none}</p>}
      <ul className={classes.list}>{children}</ul>
      {query.hasNextPage && (
        <Button
          className={classes.more}
          variant="default"
          size="xs"
          loading={query.isFetchingNextPage}
          onClick={() => query.fetchNextPage()}
        >
          {t('common.more')}
        </Button>
      )}
    </section>
  );
}
