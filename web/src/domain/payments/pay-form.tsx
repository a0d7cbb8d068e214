import { Form } from '@formisch/react';
import { useState } from 'react';
import { usePay } from '../../api/payments';
import { formErrors } from '../../shared/form-errors';
import { formatMoney, formatSecond } from '../../shared/format';
import { ApiError } from '../../shared/http';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { DeclineNotice } from './decline-notice';
import './messages';
import { MethodFields, usePaymentChoice, requestedPayment, usePaymentForm, useStoredCards } from './method-fields';
import classes from './pay-form.module.css';
import { useCharges } from './use-charges';

interface PayFormProps {
  /** With its latest payment, where there was one. */
  rental: Rental;
  /** The card of that payment, where it is known. */
  charged?: string | null;
  onPaid: () => void;
  /** Reads the rental again. */
  onCheck: () => void;
  checking: boolean;
  /** When it was last read, epoch milliseconds. */
  checkedAt: number;
  methodTestId: string;
  tokenTestId: string;
  submitTestId: string;
}

/**
 * Pays what a rental owes, in cash or with a stored card, as often as it takes. After a payment without an outcome it
 * offers to check the state first, and never the same card again before the state is known.
 */
export function PayForm({
  rental,
  charged = null,
  onPaid,
  onCheck,
  checking,
  checkedAt,
  methodTestId,
  tokenTestId,
  submitTestId,
}: PayFormProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('payments');
  const language = useLanguage();
  const form = usePaymentForm();
  const [checked, setChecked] = useState(false);
  const [otherWay, setOtherWay] = useState(false);
  const cards = useStoredCards(rental.partnerId);
  const { latest, blocked, anyCardBlocked, begin, failed } = useCharges(rental, charged);
  const methods = anyCardBlocked ? (['CASH'] as const) : (['CARD', 'CASH'] as const);
  const choice = usePaymentChoice(form, methods);
  const asked = requestedPayment(
    choice,
    cards?.filter(({ token }) => !blocked.includes(token)),
  );
  // Cash is in steps of 5 Ft.
  const owed = choice.method === 'CASH' ? rental.owedCash : rental.owedAmount;

  const pay = usePay({ onSuccess: onPaid, onError: failed });
  const undecided = latest?.status === 'PENDING';

  const handleSubmit = () => {
    if (asked === null || asked === 'NONE') return;
    begin();
    setChecked(false);
    setOtherWay(false);
    pay.mutate({ rentalId: rental.id, amount: owed, ...asked });
  };

  const { error } = pay;
  const code = error instanceof ApiError ? error.code : null;
  // What became of the payment is said above, as long as it is the latest one.
  const explained = code === 'PAYMENT_TIMEOUT' || code === 'PAYMENT_DECLINED';

  return (
    <div className={classes.form}>
      {(undecided || latest?.status === 'DECLINED') && (
        <DeclineNotice code={latest.errorCode ?? null} message={latest.errorMessage ?? null} pending={undecided} />
      )}
      {undecided && (
        <div className={classes.end}>
          <Button
            size="md"
            loading={checking}
            data-testid="pay-check"
            onClick={() => {
              setChecked(true);
              onCheck();
            }}
          >
            {own('check')}
          </Button>
          {!otherWay && !pay.isPending && (
            <Button variant="subtle" data-testid="pay-other-way" onClick={() => setOtherWay(true)}>
              {own('otherWay')}
            </Button>
          )}
          <span className="field-hint" role="status">
            {checked && !checking && own('noAnswerYet', { time: formatSecond(new Date(checkedAt), language) })}
          </span>
        </div>
      )}
      {error !== null && !explained && (
        <p className={classes.error} role="alert">
          {formErrors(error, [], t, { CONFLICT: { text: undecided ? own('undecided') : t('error.CONFLICT') } }).form}
        </p>
      )}
      {(!undecided || otherWay || pay.isPending) && (
        <Form of={form} className={classes.form} onSubmit={handleSubmit}>
          <MethodFields
            of={form}
            methods={methods}
            partnerId={rental.partnerId}
            blocked={blocked}
            disabled={pay.isPending}
            methodTestId={methodTestId}
            tokenTestId={tokenTestId}
          />
          {(blocked.length > 0 || anyCardBlocked) && <p className="field-hint">{own('sameCard')}</p>}
          <div className={classes.end}>
            <Button
              type="submit"
              size="md"
              loading={pay.isPending}
              disabled={asked === null}
              data-testid={submitTestId}
            >
              {own('submit', { amount: formatMoney(owed, language, rental.currency) })}
            </Button>
            {pay.isPending && choice.method === 'CARD' && (
              <span className="field-hint" role="status">
                {own('workingCard')}
              </span>
            )}
          </div>
        </Form>
      )}
    </div>
  );
}
