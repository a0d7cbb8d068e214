import { IconCreditCardOff, IconHourglass } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { explainDecline } from '../declines/decline';
import { formatMoney } from '../../shared/format';
import { useListInteraction } from '../../shared/list-interaction';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { PaymentFailure } from '../../shared/model';
import { useStableRows } from '../../shared/stable-rows';
import { ClaimButton, ClaimState } from '../claims/claim-button';
import { Button } from '../../shared/ui/controls/button';
import classes from './failure-list.module.css';
import { LiveMark } from '../../shared/ui/live-mark';
import { Pill } from '../../shared/ui/pill';
import { Tile } from '../../shared/ui/tile';

// A payment that fails again is the same row.
const keyOf = ({ rentalId, transactionId }: PaymentFailure) => rentalId ?? `transaction ${transactionId}`;
const signatureOf = (failure: PaymentFailure) =>
  `${failure.eventId}/${failure.errorCode}/${failure.status ?? ''}/${failure.claim?.by?.id ?? ''}`;

interface FailureListProps {
  failures: readonly PaymentFailure[];
  /** How many are shown at most. */
  limit?: number;
  /** The transaction that a link named. */
  sought?: string | undefined;
  /** Offers to pay the rental of one of ours. */
  onPay?: (rentalId: string) => void;
}

/** Failed payments, ours and other programs', newest first: why, what to do now, and who deals with it. */
export function FailureList({ failures, limit, sought, onPay }: FailureListProps) {
  const { interacting, handlers } = useListInteraction();
  const rows = useStableRows(failures, keyOf, signatureOf, interacting);
  return (
    <ul className={classes.list} {...handlers}>
      {rows.slice(0, limit).map(({ key, row, gone, changes }) => (
        <FailureRow
          key={key}
          failure={row}
          gone={gone}
          changes={changes}
          sought={row.transactionId === sought}
          onPay={onPay}
        />
      ))}
    </ul>
  );
}

interface FailureRowProps {
  failure: PaymentFailure;
  gone: boolean;
  changes: number;
  sought: boolean;
  onPay: ((rentalId: string) => void) | undefined;
}

function FailureRow({ failure, gone, changes, sought, onPay }: FailureRowProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { transactionId, rentalId, status, partnerName } = failure;
  const { meaning, next } = explainDecline(failure.errorCode, failure.errorMessage, language, status ?? undefined);
  const waiting = status === 'PENDING';
  return (
    <li
      className={classes.row}
      data-testid="failure-row"
      data-event-id={failure.eventId}
      data-transaction-id={transactionId}
      data-gone={gone || undefined}
      data-sought={sought || undefined}
    >
      <LiveMark count={changes} />
      <div className={classes.badge}>
        <Tile tone={waiting ? 'amber' : 'red'}>
          {waiting ? <IconHourglass size={19} stroke={1.8} /> : <IconCreditCardOff size={19} stroke={1.8} />}
        </Tile>
      </div>
      <p className={classes.title}>
        {rentalId === null ? (
          meaning
        ) : (
          <Link to="/payments" search={{ transaction: transactionId }}>
            {meaning}
          </Link>
        )}
      </p>
      <b className={classes.amount}>{formatMoney(failure.amount, language, failure.currency)}</b>
      <p className={classes.sub}>
        {partnerName} · {next}
      </p>
      <div className={classes.foot}>
        <p className={`facts ${classes.state}`}>
          <ClaimState since={failure.timestamp} claim={failure.claim} waits={!gone} />
          {rentalId === null && <span>{t('dashboard.otherProgram')}</span>}
        </p>
        <div className={classes.actions}>
          {gone ? (
            <Pill tone="green">{t('dashboard.done')}</Pill>
          ) : (
            <>
              {onPay !== undefined && rentalId !== null && !waiting && (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`${t('payments.retry')}: ${partnerName}`}
                  onClick={() => onPay(rentalId)}
                >
                  {t('payments.retry')}
                </Button>
              )}
              <ClaimButton eventId={failure.eventId} claim={failure.claim} subject={`${partnerName}, ${meaning}`} />
            </>
          )}
        </div>
      </div>
    </li>
  );
}
