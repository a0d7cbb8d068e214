import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { formatMoney, formatNumber } from '../../shared/format';
import { type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useLocationFilter } from '../../shared/location-filter';
import { summaryQueryOptions } from '../../api/dashboard';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { Widget } from '../../shared/ui/widget';
import classes from './revenue-chart.module.css';

interface Day {
  date: string;
  amount: number;
}

/** The smallest round figure (1, 1.5, 2, 2.5, 3, 4, 5 times a power of ten, per step) at or above the highest day, in four steps. */
export function niceTop(highest: number): number {
  if (highest <= 0) return 4;
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power;
  return step * 4;
}

function short(amount: number, language: Language): string {
  return new Intl.NumberFormat(language === 'hu' ? 'hu-HU' : 'en-GB', {
    notation: 'compact',
    maximumFractionDigits: 1,
  }).format(amount);
}

/** Revenue of the last 14 days as bars; the same figures stand in a table for those who do not see them. */
export function RevenueChart() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data, isPending, dataUpdatedAt } = useQuery({
    ...summaryQueryOptions(useLocationFilter()),
    placeholderData: keepPreviousData,
  });
  const days = data?.revenueByDay ?? [];
  const total = days.reduce((sum, day) => sum + day.amount, 0);
  if (!isPending && data?.revenueByDay === undefined) return null;
  return (
    <Widget
      title={t('dashboard.chart')}
      updatedAt={dataUpdatedAt}
      aside={
        data === undefined
          ? undefined
          : t('dashboard.chartTotal', { amount: formatMoney(total, language, data.currency) })
      }
    >
      {data === undefined ? (
        <Skeleton height={190} radius={10} mb={10} />
      ) : total === 0 ? (
        <p className={classes.empty}>{t('dashboard.chartEmpty')}</p>
      ) : (
        <Bars days={days} currency={data.currency} language={language} />
      )}
    </Widget>
  );
}

function Bars({
  days,
  currency,
  language,
}: {
  days: readonly Day[];
  currency: string | undefined;
  language: Language;
}) {
  const { t } = useTranslation();
  const top = niceTop(Math.max(...days.map((day) => day.amount)));
  const locale = language === 'hu' ? 'hu-HU' : 'en-GB';
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  const dayOnly = new Intl.DateTimeFormat(locale, { day: 'numeric', timeZone: 'UTC' });
  const date = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  return (
    <figure className={classes.chart}>
      <div className={classes.plot} aria-hidden>
        {[4, 3, 2, 1, 0].map((line) => (
          <span key={line} className={classes.line} style={{ bottom: `${line * 25}%` }}>
            <small>{line === 0 ? '0' : short((top * line) / 4, language)}</small>
          </span>
        ))}
        <div className={classes.bars}>
          {days.map((day, index) => {
            const at = new Date(`${day.date}T00:00:00Z`);
            const today = index === days.length - 1;
            return (
              <div key={day.date} className={classes.day} data-today={today || undefined}>
                <span
                  className={classes.bar}
                  style={{ height: `${Math.max(day.amount > 0 ? 1.5 : 0.6, (day.amount / top) * 100)}%` }}
                >
                  <span className={classes.value}>{formatNumber(day.amount, language)}</span>
                </span>
                <span className={classes.name}>
                  <b>{today ? t('dashboard.today') : weekday.format(at)}</b>
                  <i>{index === 0 || at.getUTCDate() === 1 ? date.format(at) : dayOnly.format(at)}</i>
                </span>
              </div>
            );
          })}
        </div>
      </div>
      <div className="visually-hidden">
        <table>
          <caption>{t('dashboard.chartTable')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('dashboard.chartDate')}</th>
              <th scope="col">{t('dashboard.chartAmount')}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.date}>
                <th scope="row">{date.format(new Date(`${day.date}T00:00:00Z`))}</th>
                <td>{formatMoney(day.amount, language, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
