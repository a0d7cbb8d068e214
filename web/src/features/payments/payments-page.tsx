import { IconCircleCheckFilled, IconCreditCard, IconReportMoney, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useNow } from '../../shared/clock';
import { useFollowedPages } from '../../shared/follow-pages';
import { explainDecline } from '../../domain/declines/decline';
import { formatDay, formatMoney, formatNumber, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Payment, PaymentFilter } from '../../shared/model';
import { useLocationFilter } from '../../shared/location-filter';
import { useSearchWords } from '../../shared/search-words';
import { failuresQueryOptions, paymentsQueryOptions } from '../../api/payments';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { ExportButton } from '../../domain/exports/export-button';
import { OpenDebts } from '../../domain/rentals/open-debts';
import { OpenRefunds } from '../../domain/rentals/open-refunds';
import { FailureList } from '../../domain/payments/failure-list';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { PayModal } from '../../domain/payments/pay-modal';
import { PaymentPill, Pill } from '../../shared/ui/pill';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, RowSkeletons } from '../../shared/ui/states';
import { ManagersOnly } from './managers-only';
import './messages';
import { PaymentDays } from './payment-days';
import { AllLocations } from '../../shared/ui/widget';
import classes from './payments-page.module.css';

export function PaymentsPage() {
  return (
    <ManagersOnly>
      <Payments />
    </ManagersOnly>
  );
}

/** Every payment; a failed one says why and what to do. */
function Payments() {
  const { t } = useTranslation('paymentPages');
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const language = useLanguage();
  const address = useSearch({ from: '/signed-in/payments' });
  const { status: chosen, transaction, from, to } = address;
  const { words, setWords, search } = useSearchWords('/payments');
  const show = (change: { [Name in keyof typeof address]?: (typeof address)[Name] | undefined }) =>
    void navigate({
      from: '/payments',
      replace: true,
      search: (before) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined)),
    });
  const location = useLocationFilter();
  // A link to one payment finds it wherever it was made.
  const locationId = transaction === undefined ? location : null;
  const failures = useQuery({ ...failuresQueryOptions(locationId), placeholderData: keepPreviousData });
  const todo = failures.data?.items ?? [];
  // What another program reported stands among what is to be done only.
  const elsewhere =
    chosen === undefined && todo.some((each) => each.rentalId === null && each.transactionId === transaction);
  const filter = elsewhere ? 'TODO' : (chosen ?? 'ALL');
  const limits = {
    status: filter === 'ALL' || filter === 'TODO' ? null : filter,
    locationId,
    search: search === '' ? null : search,
  };
  const [paying, setPaying] = useState<string | null>(null);
  const listed = useInfiniteQuery({
    ...paymentsQueryOptions({ ...limits, from: from ?? null, to: to ?? null }),
    placeholderData: keepPreviousData,
  });
  const payments = listed.data?.pages.flatMap((page) => page.items) ?? [];
  const totals = listed.data?.pages[0]?.totals;
  const searching = useFollowedPages(listed);
  // A rental has one failure in that list, its newest; it is there until nothing is left to do.
  const unresolved = failures.data && new Set(todo.map(({ rentalId }) => rentalId));
  // Only what still wants something done is offered again, and not before the bank has answered.
  const open = new Set(todo.filter(({ status }) => status !== 'PENDING').map((each) => each.transactionId));
  const filters = (
    <>
      <Segmented<PaymentFilter | 'ALL'>
        label={t('status')}
        value={filter}
        onChange={(value) => show({ status: value === 'ALL' ? undefined : value, transaction: undefined })}
        options={[
          { value: 'ALL', label: common('common.all') },
          { value: 'TODO', label: t('todo'), count: failures.data === undefined ? null : todo.length },
          { value: 'DECLINED', label: common('paymentStatus.DECLINED') },
          { value: 'PENDING', label: common('paymentStatus.PENDING') },
          { value: 'SUCCEEDED', label: common('paymentStatus.SUCCEEDED') },
        ]}
      />
      {transaction !== undefined && <AllLocations />}
    </>
  );
  const found = (
    <>
      <TextField
        type="search"
        className={classes.search}
        aria-label={t('search')}
        placeholder={t('search')}
        leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
        data-testid="payment-search"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      {filters}
      <PaymentDays from={from} to={to} onChange={show} />
      {(from !== undefined || to !== undefined) && (
        <p className={classes.totals} data-testid="payment-totals" data-stale={listed.isPlaceholderData || undefined}>
          {totals !== undefined && (
            <>
              <span>{t('totals.count', { count: totals.count, n: formatNumber(totals.count, language) })}</span>
              <b>{t('totals.paid', { amount: formatMoney(totals.paidAmount, language) })}</b>
              {totals.refundedAmount > 0 && (
                <span>{t('totals.refunded', { amount: formatMoney(totals.refundedAmount, language) })}</span>
              )}
            </>
          )}
        </p>
      )}
    </>
  );

  const closing = (
    <Link to="/payments/closing" className={classes.closing}>
      <IconReportMoney size={18} stroke={1.7} aria-hidden />
      {t('closing.title')}
    </Link>
  );

  return (
    <>
      {filter === 'TODO' ? (
        <ListPage
          label={t('title')}
          query={failures}
          filters={filters}
          tools={closing}
          bare
          empty={
            todo.length > 0 ? null : (
              <EmptyState
                icon={<IconCreditCard size={24} stroke={1.7} />}
                title={t('todoEmpty')}
                hint={t('todoEmptyHint')}
              />
            )
          }
        >
          <FailureList failures={todo} sought={transaction} onPay={setPaying} />
        </ListPage>
      ) : (
        <ListPage
          label={t('title')}
          query={listed}
          filters={found}
          tools={
            <>
              {closing}
              <ExportButton list="payments" filter={{ ...limits, from: from ?? null, to: to ?? null }} />
            </>
          }
          empty={
            payments.length > 0 || searching ? null : search !== '' || from !== undefined || to !== undefined ? (
              <EmptyState icon={<IconSearch size={24} stroke={1.7} />} title={t('none')} hint={t('noneHint')} />
            ) : (
              <EmptyState
                icon={<IconCreditCard size={24} stroke={1.7} />}
                title={t(filter === 'ALL' ? 'empty' : 'emptyFilter')}
                hint={t(filter === 'ALL' ? 'emptyHint' : 'emptyFilterHint')}
              />
            )
          }
        >
          {searching && listed.isFetching && <RowSkeletons rows={3} tall />}
          {payments.map((payment) => (
            <PaymentRow
              key={payment.transactionId}
              payment={payment}
              sought={payment.transactionId === transaction}
              open={open.has(payment.transactionId)}
              resolved={unresolved !== undefined && !unresolved.has(payment.rentalId)}
              onPay={() => setPaying(payment.rentalId)}
            />
          ))}
        </ListPage>
      )}
      {filter === 'TODO' && <OpenDebts className={classes.refunds} locationId={locationId} onPay={setPaying} />}
      {filter === 'TODO' && <OpenRefunds className={classes.refunds} locationId={locationId} />}
      {paying !== null && <PayModal rentalId={paying} onClose={() => setPaying(null)} />}
    </>
  );
}

function PaymentRow({
  payment,
  sought,
  open,
  resolved,
  onPay,
}: {
  payment: Payment;
  sought: boolean;
  open: boolean;
  /** Whether a failure of it would be listed if something were left to do. */
  resolved: boolean;
  onPay: () => void;
}) {
  const { t } = useTranslation();
  const { t: pages } = useTranslation('paymentPages');
  const language = useLanguage();
  const now = useNow();
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (sought) row.current?.scrollIntoView({ block: 'center' });
  }, [sought]);
  const failed = payment.errorCode !== null;
  // Failures are listed for a week.
  const settled =
    resolved && payment.status === 'DECLINED' && now.getTime() - Date.parse(payment.createdAt) < 7 * 86_400_000;
  const { meaning, next } = explainDecline(payment.errorCode, payment.errorMessage, language, payment.status);
  return (
    <li
      ref={row}
      className={`${list.row} ${classes.row}`}
      data-testid="payment-row"
      data-transaction-id={payment.transactionId}
      data-status={payment.status}
      data-sought={sought || undefined}
    >
      <div>
        <PaymentPill status={payment.status} />
      </div>
      <div className={list.what}>
        <Link
          to="/rentals"
          search={{ rental: payment.rentalId }}
          className={`${list.title} ${classes.open}`}
          aria-label={pages('openRental', { partner: payment.partnerName, number: payment.rentalNumber ?? '' })}
        >
          {payment.partnerName}
        </Link>
        {payment.rentalNumber !== null && (
          <small className={classes.number} data-testid="rental-number">
            {payment.rentalNumber}
          </small>
        )}
        {failed ? (
          <p className={classes.why}>
            <b>{meaning}</b>
            {settled ? (
              <Pill tone="green" icon={IconCircleCheckFilled}>
                {pages('settled')}
              </Pill>
            ) : (
              <span>{next}</span>
            )}
          </p>
        ) : (
          <p className={classes.why}>{t(`method.${payment.method}`)}</p>
        )}
      </div>
      <div className={list.amount}>
        <b>{formatMoney(payment.amount, language, payment.currency)}</b>
        <small>
          {formatDay(payment.createdAt, language, now)}, {formatTime(payment.createdAt, language)}
        </small>
      </div>
      <div className={list.actions}>
        {open && (
          <Button
            size="xs"
            variant="light"
            data-testid="payment-retry"
            aria-label={`${t('payments.retry')}: ${payment.partnerName}`}
            onClick={onPay}
          >
            {t('payments.retry')}
          </Button>
        )}
      </div>
    </li>
  );
}
