import { IconCheck, IconClockPause, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useChangeRental } from '../../api/rental-changes';
import { errorSentence } from '../../shared/error-sentence';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { PayForm } from '../../domain/payments/pay-form';
import classes from './checkout-page.module.css';
import { Countdown } from './countdown';
import './messages';
import type { FollowedRental } from './use-followed-rental';

interface CheckoutResultProps {
  rental: Rental;
  followed: FollowedRental;
  /** The card that was charged with the checkout; null for none. */
  charged: string | null;
  unpaid: boolean;
  headingRef: RefObject<HTMLHeadingElement | null>;
  onRental: (rental: Rental) => void;
  onAnother: () => void;
}

/** What became of the checkout; while it waits for payment, it can be paid again here. */
export function CheckoutResult({
  rental,
  followed,
  charged,
  unpaid,
  headingRef,
  onRental,
  onAnother,
}: CheckoutResultProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('checkout');
  const language = useLanguage();
  const cancel = useChangeRental(rental.id, { onSuccess: () => onRental({ ...rental, status: 'CANCELLED' }) });

  const waiting = rental.status === 'AWAITING_PAYMENT';
  const cancelled = rental.status === 'CANCELLED';
  const payment = rental.payment ?? null;
  const problem = cancel.error ?? (waiting ? followed.checkError : null);

  return (
    <section
      className={classes.panel}
      data-testid="wizard-result"
      data-status={rental.status}
      data-rental-id={rental.id}
      data-payment-status={payment?.status}
    >
      <div className={classes.outcome} data-tone={waiting ? 'amber' : cancelled ? 'plain' : 'green'}>
        <span aria-hidden>
          {waiting ? (
            <IconClockPause size={28} stroke={1.8} />
          ) : cancelled ? (
            <IconX size={28} stroke={1.8} />
          ) : (
            <IconCheck size={28} stroke={2.2} />
          )}
        </span>
        <div role="status">
          <h2 ref={headingRef} tabIndex={-1} className={classes.heading}>
            {waiting ? own('wizard.waiting') : cancelled ? t('rentalStatus.CANCELLED') : own('wizard.done')}
          </h2>
          <p>
            {own('wizard.doneHint', {
              partner: rental.partnerName,
              items: t('common.items', { count: rental.equipmentCount }),
              amount: formatMoney(rental.totalValue, language, rental.currency),
            })}
          </p>
          {payment?.method === 'CASH' && payment.status === 'SUCCEEDED' && (
            <p data-testid="wizard-cash">
              {own('wizard.cashTaken', { amount: formatMoney(payment.amount, language, rental.currency) })}
            </p>
          )}
          <p className={classes.sub}>
            {waiting
              ? null
              : cancelled
                ? cancel.isIdle
                  ? own('kept.expired')
                  : own('wizard.cancelled')
                : unpaid
                  ? own('wizard.doneUnpaid')
                  : null}
          </p>
        </div>
      </div>
      {waiting && (
        <div className={classes.retry}>
          <Countdown createdAt={rental.createdAt} />
          <PayForm
            rental={rental}
            charged={charged}
            onPaid={() => {
              const { payment: paid, ...opened } = rental;
              onRental({ ...opened, status: 'OPEN' });
            }}
            onCheck={followed.check}
            checking={followed.checking}
            checkedAt={followed.checkedAt}
            methodTestId="wizard-method"
            tokenTestId="wizard-card-token"
            submitTestId="wizard-submit"
          />
        </div>
      )}
      {problem !== null && (
        <p className={classes.refusal} role="alert">
          {errorSentence(problem, t)}
        </p>
      )}
      <div className={classes.buttons}>
        {waiting && (
          <ConfirmButton
            label={own('wizard.cancelRental')}
            question={t('rentals.cancelAsk')}
            confirm={t('rentals.cancelYes')}
            danger
            busy={cancel.isPending}
            onConfirm={() => cancel.mutate({ kind: 'cancel' })}
          />
        )}
        {!waiting && (
          <>
            <Link to="/rentals" search={{ rental: rental.id }} className={classes.link}>
              {own('wizard.toRentals')}
            </Link>
            <Button size="md" className={classes.forward} onClick={onAnother}>
              {own('wizard.another')}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
