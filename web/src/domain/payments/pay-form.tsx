import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../shared/http';
import { usePay } from '../../api/payments';
import { formErrors } from '../../shared/form-errors';
import { formatMoney } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { DeclineNotice } from './decline-notice';
import { MethodFields, type PaymentChoice, requestedPayment, useStoredCards } from './method-fields';
import classes from './pay-form.module.css';

interface PayFormProps {
  rental: Rental;
  onPaid: () => void;
  methodTestId: string;
  tokenTestId: string;
  submitTestId: string;
}

/** Pays what a waiting rental owes, in cash or with a stored card, as often as it takes. */
export function PayForm({ rental, onPaid, methodTestId, tokenTestId, submitTestId }: PayFormProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [paymentChoice, setPaymentChoice] = useState<PaymentChoice>({ method: 'CARD', token: null });
  const cards = useStoredCards(rental.partnerId);
  const asked = requestedPayment(paymentChoice, cards);
  // Cash is in steps of 5 Ft.
  const owed = paymentChoice.method === 'CASH' ? rental.owedCash : rental.owedAmount;

  const pay = usePay({ onSuccess: onPaid });

  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (asked === null || asked === 'NONE') return;
    pay.mutate({ rentalId: rental.id, amount: owed, ...asked });
  };

  const { error } = pay;
  const refusal = error instanceof ApiError ? error : null;
  const text = (name: string) => {
    const value = refusal?.problem[name];
    return typeof value === 'string' ? value : null;
  };
  const pending = refusal?.code === 'PAYMENT_TIMEOUT';

  return (
    <form className={classes.form} noValidate onSubmit={handleSubmit}>
      {pending ? (
        <DeclineNotice code={text('errorCode') ?? 'sandbox:timeout'} message={text('errorMessage')} pending />
      ) : (
        error !== null &&
        (refusal?.code === 'PAYMENT_DECLINED' ? (
          <DeclineNotice code={text('errorCode')} message={text('errorMessage')} />
        ) : (
          <p className={classes.error} role="alert">
            {formErrors(error, [], t).form}
          </p>
        ))
      )}
      <MethodFields
        methods={['CARD', 'CASH']}
        partnerId={rental.partnerId}
        paymentChoice={paymentChoice}
        onPaymentChoice={setPaymentChoice}
        disabled={pay.isPending}
        methodTestId={methodTestId}
        tokenTestId={tokenTestId}
      />
      <div className={classes.end}>
        <Button type="submit" size="md" loading={pay.isPending} disabled={asked === null} data-testid={submitTestId}>
          {t('pay.submit', { amount: formatMoney(owed, language, rental.currency) })}
        </Button>
        {pay.isPending && paymentChoice.method === 'CARD' && (
          <span className="field-hint" role="status">
            {t('wizard.workingCard')}
          </span>
        )}
      </div>
    </form>
  );
}
