import { Button } from '@mantine/core';
import { IconCreditCard, IconLock } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../shared/clock';
import { useOffline } from '../../shared/connection';
import { explainDecline } from '../../shared/decline';
import { formatDay, formatMoney, formatTime } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import { isManager, type Payment, type PaymentStatus } from '../../shared/model';
import { openFailures } from '../../shared/open-failures';
import { paymentsQueryOptions } from '../../shared/queries';
import { useUser } from '../../shared/session';
import { PayModal } from '../../shared/ui/pay-modal';
import { PaymentPill } from '../../shared/ui/pill';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Age } from '../../shared/ui/widget';
import classes from './payments-page.module.css';

export function PaymentsPage() {
  const { t } = useTranslation();
  if (!isManager(useUser().role)) {
    return <EmptyState icon={<IconLock size={24} stroke={1.7} />} title={t('error.managersOnly')} hint={t('error.managersOnlyHint')} />;
  }
  return <Payments />;
}

/** Every payment; a failed one says why and what to do. */
function Payments() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const offline = useOffline();
  const { status: chosen, transaction } = useSearch({ from: '/signed-in/payments' });
  const status = chosen ?? null;
  const [paying, setPaying] = useState<string | null>(null);
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(paymentsQueryOptions(status));
  const payments = data?.pages.flatMap((page) => page.items) ?? [];
  const stale = offline && data !== undefined;
  // Only what still wants something done is offered again: the newest failure of a rental that nothing has paid.
  const open = new Set(openFailures(payments).map((each) => each.transactionId));

  return (
    <div className={classes.page}>
      <div className={classes.filters}>
        <Segmented<PaymentStatus | 'ALL'>
          label={t('payments.status')}
          value={status ?? 'ALL'}
          onChange={(value) => void navigate({ to: '/payments', replace: true, search: value === 'ALL' ? {} : { status: value } })}
          options={[
            { value: 'ALL', label: t('common.all') },
            { value: 'DECLINED', label: t('paymentStatus.DECLINED') },
            { value: 'PENDING', label: t('paymentStatus.PENDING') },
            { value: 'SUCCEEDED', label: t('paymentStatus.SUCCEEDED') },
          ]}
        />
        {stale && <Age since={dataUpdatedAt} />}
      </div>
      <section className={classes.panel} aria-label={t('payments.title')} aria-busy={isFetching} data-offline={stale || undefined}>
        {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
        {isPending && <RowSkeletons rows={8} tall />}
        {data !== undefined && payments.length === 0 && (
          <EmptyState
            icon={<IconCreditCard size={24} stroke={1.7} />}
            title={t(status === null ? 'payments.empty' : 'payments.emptyFilter')}
            hint={t(status === null ? 'payments.emptyHint' : 'payments.emptyFilterHint')}
          />
        )}
        {payments.length > 0 && (
          <ul className={classes.list}>
            {payments.map((payment) => (
              <PaymentRow key={payment.transactionId} payment={payment} sought={payment.transactionId === transaction} open={open.has(payment.transactionId)} onPay={() => setPaying(payment.rentalId)} />
            ))}
          </ul>
        )}
      </section>
      {hasNextPage && (
        <Button className={classes.more} variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      {paying !== null && <PayModal rentalId={paying} onClose={() => setPaying(null)} />}
    </div>
  );
}

function PaymentRow({ payment, sought, open, onPay }: { payment: Payment; sought: boolean; open: boolean; onPay: () => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (sought) row.current?.scrollIntoView({ block: 'center' });
  }, [sought]);
  const failed = payment.errorCode !== null;
  const { meaning, next } = explainDecline(payment.errorCode, payment.errorMessage, language, payment.status);
  return (
    <li ref={row} className={classes.row} data-testid="payment-row" data-transaction-id={payment.transactionId} data-status={payment.status} data-sought={sought || undefined}>
      <div className={classes.status}>
        <PaymentPill status={payment.status} />
      </div>
      <div className={classes.what}>
        <p className={classes.partner}>{payment.partnerName}</p>
        {failed ? (
          <p className={classes.why}>
            <b>{meaning}</b>
            <span>{next}</span>
            <code>{payment.errorCode}</code>
          </p>
        ) : (
          <p className={classes.why}>{t(`method.${payment.method}`)}</p>
        )}
      </div>
      <div className={classes.amount}>
        <b>{formatMoney(payment.amount, language, payment.currency)}</b>
        <small>
          {formatDay(payment.createdAt, language, now)}, {formatTime(payment.createdAt, language)}
        </small>
      </div>
      <div className={classes.actions}>
        {open && (
          <Button size="xs" variant="light" data-testid="payment-retry" aria-label={`${t('payments.retry')}: ${payment.partnerName}`} onClick={onPay}>
            {t('payments.retry')}
          </Button>
        )}
      </div>
    </li>
  );
}
