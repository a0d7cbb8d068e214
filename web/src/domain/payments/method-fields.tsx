import { useQuery } from '@tanstack/react-query';
import { messageOf, useTranslation } from '../../shared/i18n/i18n';
import type { PaymentMethod, StoredCard } from '../../shared/model';
import { cardsQueryOptions } from '../../api/partners';
import { SelectField } from '../../shared/ui/controls/select-field';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import classes from './method-fields.module.css';
import { ErrorState } from '../../shared/ui/states';
import './messages';

export type MethodChoice = PaymentMethod | 'NONE';

/** How it is paid: in cash, later, or with one of the partner's stored cards. */
export interface PaymentChoice {
  method: MethodChoice;
  /** The card that was picked; null until one was, then the first one is meant. */
  token: string | null;
}

/** The partner's stored cards; undefined while they are not known. */
export function useStoredCards(partnerId: string): readonly StoredCard[] | undefined {
  return useQuery(cardsQueryOptions(partnerId)).data?.items;
}

/** The paymentChoice as it is asked of the server; null when a card is meant and there is none. */
export function requestedPayment(
  { method, token }: PaymentChoice,
  cards: readonly StoredCard[] | undefined,
): { method: PaymentMethod; cardToken?: string } | 'NONE' | null {
  if (method === 'NONE') return 'NONE';
  if (method === 'CASH') return { method };
  const card = cards?.find((each) => each.token === token) ?? cards?.[0];
  return card === undefined ? null : { method, cardToken: card.token };
}

interface MethodFieldsProps {
  partnerId: string;
  methods: readonly MethodChoice[];
  paymentChoice: PaymentChoice;
  onPaymentChoice: (paymentChoice: PaymentChoice) => void;
  /** Cards that are not offered. */
  blocked?: readonly string[];
  disabled?: boolean;
  methodTestId: string;
  tokenTestId: string;
}

/** How it is paid, and with which stored card. A card number is never asked. */
export function MethodFields({
  partnerId,
  methods,
  paymentChoice,
  onPaymentChoice,
  blocked = [],
  disabled = false,
  methodTestId,
  tokenTestId,
}: MethodFieldsProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('payments');
  const { data, error, isFetching, refetch } = useQuery(cardsQueryOptions(partnerId));
  // The sandbox's cards are known by name in both languages; any other is called what its provider calls it.
  const options = data?.items
    .filter(({ token }) => !blocked.includes(token))
    .map(({ token, label }) => ({ value: token, label: messageOf('payments', `cards.${token}`) ?? label }));
  return (
    <div className={classes.fields}>
      <SelectField
        label={own('method')}
        size="md"
        value={paymentChoice.method}
        options={methods.map((value) => ({ value, label: t(`method.${value}`) }))}
        onChange={(event) => {
          const method = methods.find((each) => each === event.currentTarget.value);
          if (method !== undefined) onPaymentChoice({ ...paymentChoice, method });
        }}
        disabled={disabled}
        data-testid={methodTestId}
      />
      {paymentChoice.method === 'CARD' &&
        (error !== null ? (
          <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />
        ) : options === undefined ? (
          <Skeleton height={88} radius={12} />
        ) : (data?.items.length ?? 0) > 0 && options.length === 0 ? null : options.length === 0 ? (
          <p className={classes.none}>{own('cardNone')}</p>
        ) : (
          <SelectField
            size="md"
            label={own('card')}
            description={own('cardHint')}
            value={
              options.some(({ value }) => value === paymentChoice.token)
                ? (paymentChoice.token ?? '')
                : (options[0]?.value ?? '')
            }
            options={options}
            onChange={(event) => onPaymentChoice({ ...paymentChoice, token: event.currentTarget.value })}
            disabled={disabled}
            data-testid={tokenTestId}
          />
        ))}
    </div>
  );
}
