import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ApiError } from '../api';
import { useAttemptKey } from '../attempt';
import { type StoredCard } from '../cards';
import { errorSentence } from '../error-sentence';
import { formatMoney } from '../format';
import { useLanguage } from '../i18n/i18n';
import { refreshAfterTrade } from '../invalidate';
import type { PaymentStatus, Rental } from '../model';
import { DeclineNotice } from './decline-notice';
import { MethodFields, type MethodChoice } from './method-fields';
import classes from './pay-form.module.css';

interface PayFormProps {
  rental: Pick<Rental, 'id' | 'totalValue' | 'currency'>;
  cards?: readonly StoredCard[] | undefined;
  onPaid: () => void;
  methodTestId: string;
  tokenTestId: string;
  submitTestId: string;
}

interface Answer {
  transactionId: string;
  status: PaymentStatus;
}

/** Pays what a waiting rental owes, in cash or with a stored card, as often as it takes. */
export function PayForm({ rental, cards, onPaid, methodTestId, tokenTestId, submitTestId }: PayFormProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const client = useQueryClient();
  const { keyOf, settle } = useAttemptKey();
  const [method, setMethod] = useState<MethodChoice>('CARD');
  const [token, setToken] = useState(cards?.[0]?.token ?? 'tok_ok');

  const pay = useMutation({
    mutationFn: (body: object) => api<Answer>('/payments', { method: 'POST', body, headers: { 'Idempotency-Key': keyOf(body) } }),
    onSuccess: async (answer) => {
      settle();
      await refreshAfterTrade(client);
      if (answer.status === 'SUCCEEDED') onPaid();
    },
    onError: async (error) => {
      settle(error);
      await refreshAfterTrade(client);
    },
  });

  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    pay.mutate({ rentalId: rental.id, amount: rental.totalValue, method, ...(method === 'CARD' ? { cardToken: token } : {}) });
  };

  const { error } = pay;
  const refusal = error instanceof ApiError ? error : null;
  const text = (name: string) => {
    const value = refusal?.problem[name];
    return typeof value === 'string' ? value : null;
  };
  const pending = refusal?.code === 'PAYMENT_TIMEOUT' || (pay.isSuccess && pay.data.status === 'PENDING');

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
        method={method}
        onMethod={setMethod}
        token={token}
        onToken={setToken}
        cards={cards}
        disabled={pay.isPending}
        methodTestId={methodTestId}
        tokenTestId={tokenTestId}
      />
      <div className={classes.end}>
        <Button type="submit" size="md" loading={pay.isPending} data-testid={submitTestId}>
          {t('pay.submit', { amount: formatMoney(rental.totalValue, language, rental.currency) })}
        </Button>
        {pay.isPending && method === 'CARD' && (
          <span className="field-hint" role="status">
            {t('wizard.workingCard')}
          </span>
        )}
      </div>
    </form>
  );
}
