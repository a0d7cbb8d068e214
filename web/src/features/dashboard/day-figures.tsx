import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClock } from '../../shared/clock';
import { useStaleSince } from '../../shared/connection';
import { formatMoney, formatNumber, toDateField } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { isManager } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { summaryQueryOptions } from '../../api/dashboard';
import { useUser } from '../../shared/session';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { ErrorState } from '../../shared/ui/states';
import { Age } from '../../shared/ui/widget';
import classes from './day-figures.module.css';

interface FigureProps {
  label: string;
  value: string | undefined;
  /** May hold links of its own. */
  note: ReactNode;
  link: Pick<LinkProps, 'to' | 'search'>;
}

function Figure({ label, value, note, link }: FigureProps) {
  return (
    <li className={classes.figure}>
      <Link {...link} className={classes.main}>
        <span className={classes.label}>{label}</span>
        {value === undefined ? (
          <>
            <Skeleton height={28} width="58%" radius={6} mt={6} mb={6} />
            <Skeleton height={12} width="74%" radius={4} />
          </>
        ) : (
          <strong>{value}</strong>
        )}
      </Link>
      {value !== undefined && <div className={classes.note}>{note}</div>}
    </li>
  );
}

/** How the day goes, in four figures. */
export function DayFigures() {
  const { t } = useTranslation();
  const language = useLanguage();
  const manager = isManager(useUser().role);
  const { data, error, isFetching, dataUpdatedAt, refetch } = useQuery({
    ...summaryQueryOptions(useLocationFilter()),
    placeholderData: keepPreviousData,
  });
  const staleSince = useStaleSince(data === undefined ? 0 : dataUpdatedAt);
  const number = (value: number | undefined) => (value === undefined ? undefined : formatNumber(value, language));
  const money = (value: number | undefined) =>
    value === undefined ? undefined : formatMoney(value, language, data?.currency);
  const today = useClock(toDateField);
  const dueToday = { to: '/rentals', search: { out: true, dueFrom: today, dueTo: today } } as const;
  const late = { to: '/rentals', search: { status: 'OVERDUE' } } as const;

  return (
    <section
      aria-label={t('dashboard.day')}
      data-offline={staleSince !== null || undefined}
      data-loading={(data === undefined && error === null) || undefined}
      className={classes.section}
    >
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {staleSince !== null && <Age since={staleSince} />}
      {(data !== undefined || error === null) && (
        <ul className={classes.figures}>
          <Figure
            label={t('dashboard.openRentals')}
            value={number(data?.openRentals)}
            link={{ to: '/rentals', search: { out: true } }}
            note={
              manager ? (
                <span className="facts">
                  <span>
                    <Link {...dueToday}>{t('dashboard.dueToday', { n: number(data?.dueToday) })}</Link>
                  </span>
                  {(data?.overdue ?? 0) > 0 && (
                    <span className={classes.bad}>
                      <Link {...late}>▲ {t('dashboard.overdue', { n: number(data?.overdue) })}</Link>
                    </span>
                  )}
                </span>
              ) : (
                t('dashboard.openNote')
              )
            }
          />
          {!manager && (
            <>
              <Figure
                label={t('dashboard.dueTodayLabel')}
                value={number(data?.dueToday)}
                link={dueToday}
                note={t('dashboard.dueTodayNote')}
              />
              <Figure
                label={t('dashboard.overdueLabel')}
                value={number(data?.overdue)}
                link={late}
                note={
                  (data?.overdue ?? 0) > 0 ? (
                    <span className={classes.bad}>▲ {t('dashboard.overdueNote')}</span>
                  ) : (
                    t('dashboard.noOverdue')
                  )
                }
              />
            </>
          )}
          {manager && (
            <Figure
              label={t('dashboard.revenue')}
              value={data === undefined ? undefined : money(data.revenueToday ?? 0)}
              link={{ to: '/payments/closing', search: {} }}
              note={t('dashboard.yesterday', { amount: money(data?.revenueYesterday ?? 0) })}
            />
          )}
          {manager && (
            <Figure
              label={t('dashboard.failed')}
              value={data === undefined ? undefined : number(data.failedPayments ?? 0)}
              link={{ to: '/payments', search: { status: 'TODO' } }}
              note={
                (data?.failedPayments ?? 0) === 0 ? (
                  t('dashboard.failedNone')
                ) : (
                  <span className="facts">
                    <span>{t('dashboard.failedAmount', { amount: money(data?.failedAmount ?? 0) })}</span>
                    {(data?.failedElsewhere ?? 0) > 0 && (
                      <span>{t('dashboard.failedElsewhere', { n: number(data?.failedElsewhere) })}</span>
                    )}
                  </span>
                )
              }
            />
          )}
          <Figure
            label={t('dashboard.critical')}
            value={number(data?.stock.critical)}
            link={{ to: '/stock', search: { severity: 'CRITICAL' } }}
            note={t('dashboard.stockRest', { warning: number(data?.stock.warning), ok: number(data?.stock.ok) })}
          />
        </ul>
      )}
    </section>
  );
}
