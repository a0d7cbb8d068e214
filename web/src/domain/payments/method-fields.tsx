import { type FormStore, useField, useForm } from '@formisch/react';
import { useQuery } from '@tanstack/react-query';
import * as v from 'valibot';
import { messageOf, useTranslation } from '../../shared/i18n/i18n';
import type { PaymentMethod, StoredCard } from '../../shared/model';
import { cardsQueryOptions } from '../../api/partners';
import { SelectField } from '../../shared/ui/controls/select-field';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { FormField } from '../../shared/ui/form-field';
import { ErrorState } from '../../shared/ui/states';
import './messages';
import classes from './method-fields.module.css';

/** How it is paid: in cash, later, or with one of the partner's stored cards. */
const paymentSchema = v.object({
  method: v.picklist(['CARD', 'CASH', 'NONE']),
  // The card that was picked; null until one was, then the first one is meant.
  cardToken: v.nullable(v.string()),
});

export type PaymentForm = FormStore<typeof paymentSchema>;
type PaymentChoice = v.InferOutput<typeof paymentSchema>;
type MethodChoice = PaymentChoice['method'];

/** The form of MethodFields: with a card, until something else is chosen. */
export function usePaymentForm(): PaymentForm {
  return useForm({ schema: paymentSchema, initialInput: { method: 'CARD', cardToken: null } });
}

/** What is chosen in the form, or the first of the methods while another one is. */
export function usePaymentChoice(
  form: PaymentForm,
  methods: readonly [MethodChoice, ...MethodChoice[]],
): PaymentChoice {
  const method = useField(form, { path: ['method'] }).input;
  const cardToken = useField(form, { path: ['cardToken'] }).input;
  return { method: methods.find((each) => each === method) ?? methods[0], cardToken: cardToken ?? null };
}

/** The partner's stored cards; undefined while they are not known. */
export function useStoredCards(partnerId: string): readonly StoredCard[] | undefined {
  return useQuery(cardsQueryOptions(partnerId)).data?.items;
}

/** The choice as it is asked of the server; null when a card is meant and there is none. */
export function requestedPayment(
  { method, cardToken }: PaymentChoice,
  cards: readonly StoredCard[] | undefined,
): { method: PaymentMethod; cardToken?: string } | 'NONE' | null {
  if (method === 'NONE') return 'NONE';
  if (method === 'CASH') return { method };
  const card = cards?.find((each) => each.token === cardToken) ?? cards?.[0];
  return card === undefined ? null : { method, cardToken: card.token };
}

interface MethodFieldsProps {
  of: PaymentForm;
  partnerId: string;
  methods: readonly [MethodChoice, ...MethodChoice[]];
  /** Cards that are not offered. */
  blocked?: readonly string[];
  disabled?: boolean;
  /** The method gets the focus when a step of a checkout is shown. */
  stepFocus?: boolean;
  methodTestId: string;
  tokenTestId: string;
}

/** How it is paid, and with which stored card. A card number is never asked. */
export function MethodFields({
  of: form,
  partnerId,
  methods,
  blocked = [],
  disabled = false,
  stepFocus = false,
  methodTestId,
  tokenTestId,
}: MethodFieldsProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('payments');
  const { method, cardToken } = usePaymentChoice(form, methods);
  const { data, error, isFetching, refetch } = useQuery(cardsQueryOptions(partnerId));
  // The sandbox's cards are known by name in both languages; any other is called what its provider calls it.
  const options = data?.items
    .filter(({ token }) => !blocked.includes(token))
    .map(({ token, label }) => ({ value: token, label: messageOf('payments', `cards.${token}`) ?? label }));
  return (
    <div className={classes.fields}>
      <FormField of={form} name="method">
        {(control) => (
          <SelectField
            {...control}
            label={own('method')}
            size="md"
            value={method}
            options={methods.map((value) => ({ value, label: t(`method.${value}`) }))}
            disabled={disabled}
            data-step-focus={stepFocus || undefined}
            data-testid={methodTestId}
          />
        )}
      </FormField>
      {method === 'CARD' &&
        (error !== null ? (
          <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />
        ) : options === undefined ? (
          <Skeleton height={88} radius={12} />
        ) : (data?.items.length ?? 0) > 0 && options.length === 0 ? null : options.length === 0 ? (
          <p className={classes.none}>{own('cardNone')}</p>
        ) : (
          <FormField of={form} name="cardToken">
            {(control) => (
              <SelectField
                {...control}
                size="md"
                label={own('card')}
                description={own('cardHint')}
                value={options.some(({ value }) => value === cardToken) ? (cardToken ?? '') : (options[0]?.value ?? '')}
                options={options}
                disabled={disabled}
                data-testid={tokenTestId}
              />
            )}
          </FormField>
        ))}
    </div>
  );
}
