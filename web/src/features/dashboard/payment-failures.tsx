import { IconCreditCard, IconCreditCardOff, IconHourglass } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../shared/clock';
import { explainDecline } from '../../shared/decline';
import { formatAgo, formatMoney } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import { openFailures } from '../../shared/open-failures';
import { paymentsQueryOptions } from '../../shared/queries';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import classes from './compact-list.module.css';

const shownAtMost = 4;

export function PaymentFailures() {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const { data, error, isPending, isFetching, dataUpdatedAt, refetch } = useInfiniteQuery(paymentsQueryOptions(null, 100));
  const failures = openFailures(data?.pages.flatMap((page) => page.items) ?? []);
  return (
    <Widget title={t('dashboard.failures')} count={failures.length} updatedAt={dataUpdatedAt} aside={<Link to="/payments">{t('common.all')}</Link>}>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={3} />}
      {data !== undefined && failures.length === 0 && (
        <EmptyState icon={<IconCreditCard size={24} stroke={1.7} />} title={t('dashboard.failuresEmpty')} hint={t('dashboard.failuresEmptyHint')} />
      )}
      {failures.length > 0 && (
        <ul className={classes.list}>
          {failures.slice(0, shownAtMost).map((payment) => {
            const { meaning, next } = explainDecline(payment.errorCode, payment.errorMessage, language);
            const waiting = payment.status === 'PENDING';
            return (
              <li key={payment.transactionId}>
                <Link to="/payments" search={{ transaction: payment.transactionId }} className={classes.row}>
                  <span className={classes.badge} data-tone={waiting ? 'amber' : 'red'}>
                    {waiting ? <IconHourglass size={19} stroke={1.8} aria-hidden /> : <IconCreditCardOff size={19} stroke={1.8} aria-hidden />}
                  </span>
                  <span>
                    <span className={classes.title}>{meaning}</span>
                    <span className={classes.sub}>
                      {payment.partnerName} · {next}
                    </span>
                  </span>
                  <span className={classes.end}>
                    <b>{formatMoney(payment.amount, language, payment.currency)}</b>
                    <small>{formatAgo(payment.createdAt, language, now)}</small>
                  </span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </Widget>
  );
}
