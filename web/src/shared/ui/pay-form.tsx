import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api';
import { call } from '../call';
import { useIdempotencyKey } from '../idempotency-key';
import { errorSentence } from '../error-sentence';
import { formatMoney } from '../format';
import { useLanguage } from '../i18n/i18n';
import { refreshAfterTrade } from '../invalidate';
import type { PaymentRequest, Rental } from '../model';
import { Button } from './controls/button';
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
  const client = useQueryClient();
  const { keyFor, conclude } = useIdempotencyKey();
  const [paymentChoice, setPaymentChoice] = useState<PaymentChoice>({ method: 'CARD', token: null });
  const cards = useStoredCards(rental.partnerId);
  const asked = requestedPayment(paymentChoice, cards);
  // Cash is in steps of 5 Ft.
  const owed = paymentChoice.method === 'CASH' ? rental.owedCash : rental.owedAmount;

  const pay = useMutation({
    mutationFn: (body: PaymentRequest) =>
      call('post', '/api/v1/payments', { body, headers: { 'Idempotency-Key': keyFor(body) } }),
    onSuccess: async () => {
      conclude();
      // First: the refreshed rental no longer waits, and the page that shows this form would say so.
      onPaid();
      await refreshAfterTrade(client);
    },
    onError: async (error) => {
      conclude(error);
      await refreshAfterTrade(client);
    },
  });

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
            {errorSentence(error, t)}
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
