import { IconAlertTriangleFilled, IconCircleCheckFilled, IconClockFilled } from '@tabler/icons-react';
import { useRetryRefund } from '../../api/refunds';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { formatDay, formatMoney, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Refund } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Pill, type Tone } from '../../shared/ui/pill';
import { explainDecline } from '../declines/decline';
import './messages';
import classes from './refund-list.module.css';

const tones: Record<Refund['status'], [Tone, typeof IconClockFilled]> = {
  PENDING: ['amber', IconClockFilled],
  FAILED: ['red', IconAlertTriangleFilled],
  SUCCEEDED: ['green', IconCircleCheckFilled],
};

interface RefundListProps {
  refunds: readonly Refund[];
  /** Opens the rental; where it is given, each names its partner. */
  onOpen?: ((rentalId: string) => void) | undefined;
}

/** Who gets what back, how, and how far that is. */
export function RefundList({ refunds, onOpen }: RefundListProps) {
  return (
    <ul className={classes.list}>
      {refunds.map((refund) => (
        <RefundRow key={refund.id} refund={refund} onOpen={onOpen} />
      ))}
    </ul>
  );
}

function RefundRow({ refund, onOpen }: { refund: Refund } & Pick<RefundListProps, 'onOpen'>) {
  const { t } = useTranslation('rental');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const retry = useRetryRefund(refund.id);
  const { method, status, settledAt, retryAt } = refund;
  const [tone, icon] = tones[status];
  const at = settledAt ?? refund.createdAt;
  const when = `${formatDay(at, language, now)}, ${formatTime(at, language)}`;
  return (
    <li className={classes.row} data-testid="refund-row" data-refund-id={refund.id} data-status={status}>
      <div className={classes.what}>
        {onOpen !== undefined && (
          <button type="button" className={classes.partner} onClick={() => onOpen(refund.rentalId)}>
            {refund.partnerName}
          </button>
        )}
        <p>{method === 'CASH' ? t('refund.cash', { name: refund.createdBy.name }) : t('refund.card')}</p>
        <small>
          {when}
          {status === 'FAILED' && ` · ${explainDecline(refund.errorCode, refund.errorMessage, language).meaning}`}
          {status === 'FAILED' &&
            retryAt !== null &&
            ` · ${t('refund.retryAt', { time: formatTime(retryAt, language) })}`}
        </small>
        {retry.error !== null && (
          <p className="field-error" role="alert">
            {errorSentence(retry.error, common)}
          </p>
        )}
      </div>
      <b>{formatMoney(refund.amount, language, refund.currency)}</b>
      <div className={classes.state}>
        <Pill tone={tone} icon={icon}>
          {t(`refund.${method === 'CASH' ? 'handed' : status}`)}
        </Pill>
        {status === 'FAILED' && (
          <Button
            size="xs"
            variant="light"
            loading={retry.isPending}
            aria-label={`${t('refund.retry')}: ${refund.partnerName}`}
            onClick={() => retry.mutate()}
          >
            {t('refund.retry')}
          </Button>
        )}
      </div>
    </li>
  );
}
