import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { isConclusive } from '../../api/idempotency-key';
import { cardsQueryOptions } from '../../api/partners';
import { useCreateRental } from '../../api/rentals';
import {
  type PaymentForm,
  requestedPayment,
  usePaymentChoice,
  usePaymentForm,
} from '../../domain/payments/method-fields';
import type { ItemProblems } from '../../domain/rentals/cart';
import { ApiError } from '../../shared/http';
import type { Rental } from '../../shared/model';
import { wholeNumber } from '../../shared/ui/step-input';
import { deleteCheckoutDraft, saveCheckoutDraft } from './checkout-draft';
import { rememberLocation } from './remembered-location';
import { type DraftState, useDraft } from './use-draft';
import { type FollowedRental, useFollowedRental } from './use-followed-rental';
import { type Step, useStep } from './use-step';

/** How a rental may be paid; NONE is later. */
export const paymentMethods = ['CARD', 'CASH', 'NONE'] as const;

export interface CheckoutState extends Omit<DraftState, 'stored' | 'forgetPrices' | 'price' | 'problems'> {
  step: Step;
  goTo: (step: Step) => void;
  startOver: () => void;
  /** The price of the draft, or the one that the server asks for instead; whole forints, null while unknown. */
  total: number | null;
  /** What is wrong with a step that was submitted. */
  partnerMissing: boolean;
  itemProblems: ItemProblems | null;
  paymentForm: PaymentForm;
  paymentMethod: (typeof paymentMethods)[number];
  canPay: boolean;
  submit: () => void;
  isSubmitting: boolean;
  error: Error | null;
  /** The request may have reached the server: it can be repeated, not changed. */
  unsettled: boolean;
  /** The rental that was handed in, and what became of it. */
  followed: FollowedRental;
  /** The card that was charged with it; null for none. */
  charged: string | null;
  setRental: (rental: Rental) => void;
}

/** Everything the checkout knows and does. */
export function useCheckout(onStartOver: () => void): CheckoutState {
  const [submitted, setSubmitted] = useState<Partial<Record<Step, boolean>>>({});
  const paymentForm = usePaymentForm();
  const [created, setCreated] = useState<Rental | null>(null);
  const followed = useFollowedRental(created);
  const { rental } = followed;
  // The card of the payment that was handed in with the rental.
  const [charged, setCharged] = useState<string | null>(null);
  // The total of the last request while it may have to be repeated, or the one the server asks for instead.
  const [fixedTotal, setFixedTotal] = useState<number | null>(null);
  const { stored, forgetPrices, price, problems, ...filled } = useDraft(() => setFixedTotal(null));
  const { draft, dueAt } = filled;
  const cards = useQuery({ ...cardsQueryOptions(stored.partner?.id ?? ''), enabled: stored.partner !== null });
  const total = fixedTotal ?? price;
  const choice = usePaymentChoice(paymentForm, paymentMethods);
  const payment = requestedPayment(choice, cards.data?.items);

  const create = useCreateRental({
    onSuccess: (created, { payment: asked }) => {
      setCharged(asked?.cardToken ?? null);
      setCreated(created);
      rememberLocation(draft.locationId);
    },
    onError: (error, { expectedTotal }) => {
      // A request whose outcome is unknown is repeated as it was, whatever the prices are now.
      if (!isConclusive(error)) setFixedTotal(expectedTotal);
      if (!(error instanceof ApiError)) return;
      if (error.code === 'PRICE_CHANGED') {
        const { actual } = error.problem;
        setFixedTotal(typeof actual === 'number' ? actual : null);
        // The prices that the lines were found with are outdated.
        forgetPrices();
      } else if (error.code === 'INSUFFICIENT_STOCK') {
        setSubmitted((before) => ({ ...before, items: true }));
        goTo('items');
      } else if (error.code === 'ERASED') goTo('partner');
      else if (error.code === 'ARCHIVED') goTo(error.problem.kind === 'partner' ? 'partner' : 'items');
      else if (error.field('partnerId') !== undefined) goTo('partner');
      else if (error.errors.some((each) => /dueAt|locationId|lines/.test(each.field))) goTo('items');
    },
  });

  // Nobody knows whether the last request reached the server: it can only be repeated as it was.
  const unsettled = create.error !== null && !isConclusive(create.error);
  const { step, goTo } = useStep(
    stored.partner === null ? 'partner' : stored.lines.length === 0 ? 'items' : 'pay',
    rental !== null
      ? { step: rental.status === 'AWAITING_PAYMENT' ? 'pay' : 'done', rentalId: rental.id }
      : unsettled
        ? { step: 'pay', rentalId: null }
        : null,
  );

  // While the outcome of a request is unknown, the draft must not be offered again elsewhere.
  const handedIn = rental !== null || create.isPending || unsettled;
  useEffect(() => {
    if (handedIn) deleteCheckoutDraft();
    else saveCheckoutDraft(stored);
  }, [stored, handedIn]);

  const submit = () => {
    if (unsettled) {
      create.mutate(create.variables);
      return;
    }
    setSubmitted((before) => ({ ...before, [step]: true }));
    if (step === 'partner' && draft.partner !== null) goTo('items');
    if (step === 'items' && problems === null) goTo('pay');
    if (step !== 'pay' || create.isPending || problems !== null) return;
    if (draft.partner === null || dueAt === null || total === null || payment === null) return;
    create.mutate({
      partnerId: draft.partner.id,
      locationId: draft.locationId,
      dueAt,
      lines: draft.lines.map((line) => ({ productId: line.productId, quantity: wholeNumber(line.quantity) ?? 0 })),
      expectedTotal: total,
      ...(payment === 'NONE' ? {} : { payment }),
    });
  };

  return {
    ...filled,
    step,
    goTo,
    startOver: () => {
      deleteCheckoutDraft();
      onStartOver();
    },
    total,
    partnerMissing: submitted.partner === true && draft.partner === null,
    itemProblems: submitted.items === true ? problems : null,
    paymentForm,
    paymentMethod: choice.method,
    canPay: unsettled || (payment !== null && total !== null),
    submit,
    isSubmitting: create.isPending,
    error: create.error,
    unsettled,
    followed,
    charged,
    setRental: setCreated,
  };
}
