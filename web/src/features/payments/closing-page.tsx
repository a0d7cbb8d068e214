import { IconPrinter, IconReportMoney } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { locationsQueryOptions } from '../../api/locations';
import { type Revenue, type RevenueSums, revenueQueryOptions } from '../../api/reports';
import { ExportButton } from '../../domain/exports/export-button';
import { useClock } from '../../shared/clock';
import { formatFullDay, formatMoney, formatNumber, formatTime, toDateField } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useLocationFilter } from '../../shared/location-filter';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import classes from './closing-page.module.css';
import { daysOf, rangeNames, type RangeName, rangeOf } from './closing-range';
import { ManagersOnly } from './managers-only';
import './messages';

export function ClosingPage() {
  return (
    <ManagersOnly>
      <Closing />
    </ManagersOnly>
  );
}

/** What came in and was given back in some days, for the evening: read, printed or saved. */
function Closing() {
  const { t } = useTranslation('paymentPages');
  const language = useLanguage();
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/payments/closing' });
  const locationId = useLocationFilter();
  const today = useClock(toDateField);
  const from = address.from ?? address.to ?? today;
  const to = address.to ?? (from > today ? from : today);
  const range = rangeOf({ from, to }, today);
  const [own, setOwn] = useState(range === 'own');
  const disordered = from > to;
  const filter = { from, to, locationId };
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery({
    ...revenueQueryOptions(filter),
    enabled: !disordered,
    placeholderData: keepPreviousData,
  });
  const location = useQuery(locationsQueryOptions()).data?.items.find((each) => each.id === locationId);
  const days =
    from === to ? formatFullDay(from, language) : `${formatFullDay(from, language)} – ${formatFullDay(to, language)}`;
  const show = (search: { from?: string; to?: string }) =>
    void navigate({ to: '/payments/closing', replace: true, search });

  return (
    <div className={classes.page}>
      <div className={classes.filters}>
        <Segmented<RangeName | 'own'>
          label={t('closing.range')}
          value={own ? 'own' : range}
          onChange={(value) => {
            setOwn(value === 'own');
            if (value === 'own') show({ from, to });
            // Today without days in the address: opened again tomorrow, it is tomorrow's.
            else show(value === 'today' ? {} : daysOf(value, today));
          }}
          options={[...rangeNames, 'own' as const].map((value) => ({ value, label: t(`closing.${value}`) }))}
        />
        {own && (
          <div className={classes.days}>
            <TextField
              type="date"
              label={t('closing.from')}
              value={from}
              onChange={(event) => event.currentTarget.value !== '' && show({ from: event.currentTarget.value, to })}
            />
            <TextField
              type="date"
              label={t('closing.to')}
              value={to}
              error={disordered ? t('closing.order') : undefined}
              onChange={(event) => event.currentTarget.value !== '' && show({ from, to: event.currentTarget.value })}
            />
          </div>
        )}
        <div className={classes.tools}>
          <ExportButton list="revenue" filter={filter} />
          <Button leftSection={<IconPrinter size={18} stroke={1.7} aria-hidden />} onClick={() => window.print()}>
            {t('closing.print')}
          </Button>
        </div>
      </div>
      <section
        className={classes.sheet}
        aria-label={t('closing.title')}
        aria-busy={isFetching}
        data-testid="closing"
        data-stale={isPlaceholderData || disordered || undefined}
      >
        <Heading days={days} location={location?.name} />
        {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
        {data === undefined && error === null && <RowSkeletons rows={4} />}
        {data !== undefined &&
          (data.lines.length === 0 ? (
            <EmptyState
              icon={<IconReportMoney size={24} stroke={1.7} />}
              title={t('closing.none')}
              hint={t('closing.noneHint')}
            />
          ) : (
            <>
              <Totals revenue={data} />
              <Table revenue={data} />
            </>
          ))}
        {data !== undefined && <p className={classes.note}>{t('closing.note')}</p>}
      </section>
    </div>
  );
}

function Heading({ days, location }: { days: string; location: string | undefined }) {
  const { t } = useTranslation('paymentPages');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const user = useUser();
  const printed = useClock((now) => `${formatFullDay(toDateField(now), language)} ${formatTime(now, language)}`);
  return (
    <header className={classes.head}>
      <h2>{days}</h2>
      <p>
        {user.tenantName} · {location ?? common('location.all')}
      </p>
      <p className={classes.printed}>
        {t('closing.printed', { at: printed })} · {user.name}
      </p>
    </header>
  );
}

/** What the lines of a method are together. */
function sumOf(revenue: Revenue, method: 'CASH' | 'CARD'): RevenueSums {
  const sum = { payments: 0, receivedAmount: 0, refunds: 0, refundedAmount: 0, roundingAmount: 0, netAmount: 0 };
  for (const line of revenue.lines) {
    if (line.method !== method) continue;
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += line[name];
  }
  return sum;
}

function Totals({ revenue }: { revenue: Revenue }) {
  const { t } = useTranslation('paymentPages');
  const language = useLanguage();
  const money = (amount: number) => formatMoney(amount, language, revenue.currency);
  const { total } = revenue;
  return (
    <dl className={classes.totals}>
      <div data-testid="closing-cash">
        <dt>{t('closing.drawer')}</dt>
        <dd>
          <strong>{money(sumOf(revenue, 'CASH').netAmount)}</strong>
          <small>{t('closing.drawerNote')}</small>
        </dd>
      </div>
      <div data-testid="closing-card">
        <dt>{t('closing.card')}</dt>
        <dd>
          <strong>{money(sumOf(revenue, 'CARD').netAmount)}</strong>
          <small>{t('closing.cardNote')}</small>
        </dd>
      </div>
      <div data-testid="closing-total">
        <dt>{t('closing.total')}</dt>
        <dd>
          <strong>{money(total.netAmount)}</strong>
          <small>
            {t('closing.totalNote', { received: money(total.receivedAmount), refunded: money(total.refundedAmount) })}
          </small>
        </dd>
      </div>
    </dl>
  );
}

function Table({ revenue }: { revenue: Revenue }) {
  const { t } = useTranslation('paymentPages');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const money = (amount: number) => formatMoney(amount, language, revenue.currency);
  const signed = (amount: number) => (amount > 0 ? `+${money(amount)}` : money(amount).replace('-', '−'));
  const cells = (sums: RevenueSums) => (
    <>
      <td data-label={t('closing.payments')}>{formatNumber(sums.payments, language)}</td>
      <td data-label={t('closing.received')}>{money(sums.receivedAmount)}</td>
      <td data-label={t('closing.refunds')}>{formatNumber(sums.refunds, language)}</td>
      <td data-label={t('closing.refunded')}>{money(sums.refundedAmount)}</td>
      <td data-label={t('closing.rounding')}>{signed(sums.roundingAmount)}</td>
      <td data-label={t('closing.net')} className={classes.net}>
        {money(sums.netAmount)}
      </td>
    </>
  );
  return (
    <table className={classes.table}>
      <caption className="visually-hidden">{t('closing.table')}</caption>
      <thead>
        <tr>
          {(['location', 'method', 'payments', 'received', 'refunds', 'refunded', 'rounding', 'net'] as const).map(
            (name) => (
              <th key={name} scope="col">
                {t(`closing.${name}`)}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {revenue.lines.map((line) => (
          <tr key={`${line.locationId}/${line.method}`} data-testid="closing-line">
            <th scope="row">{line.locationName}</th>
            <td className={classes.method}>{common(`method.${line.method}`)}</td>
            {cells(line)}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            {t('closing.sum')}
          </th>
          {cells(revenue.total)}
        </tr>
      </tfoot>
    </table>
  );
}
