import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError } from '../../shared/http';
import { useCreateRental } from '../../api/rentals';
import { serverTime, useNow } from '../../shared/clock';
import { addDays, toDateField } from '../../shared/format';
import { isConclusive } from '../../api/idempotency-key';
import { locationFilter } from '../../shared/location-filter';
import type { Named, Rental } from '../../shared/model';
import { locationsQueryOptions } from '../../api/locations';
import { cardsQueryOptions } from '../../api/partners';
import { priceQueryOptions } from '../../api/products';
import { freeQueryOptions } from '../../api/stock';
import {
  usePaymentChoice,
  type PaymentForm,
  requestedPayment,
  usePaymentForm,
} from '../../domain/payments/method-fields';
import { wholeNumber } from '../../shared/ui/step-input';
import { type Adding, addPiece, checkItems, type Draft, type ItemProblems, perDay } from '../../domain/rentals/cart';
import { rentalDays, returnInstant } from '../../domain/rentals/return-instant';
import { deleteCheckoutDraft, readCheckoutDraft, saveCheckoutDraft } from './checkout-draft';
import { rememberedLocation, rememberLocation } from './remembered-location';
import { type FollowedRental, useFollowedRental } from './use-followed-rental';
import { type Step, useStep } from './use-step';

/** How a rental may be paid; NONE is later. */
export const paymentMethods = ['CARD', 'CASH', 'NONE'] as const;

export interface CheckoutState {
  step: Step;
  goTo: (step: Step) => void;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  choosePartner: (partner: Draft['partner']) => void;
  /** Puts one piece more into the basket. */
  addProduct: (product: Adding) => void;
  /** A checkout saved in this tab was restored. */
  restored: boolean;
  startOver: () => void;
  locations: readonly Named[];
  locationsQuery: { error: Error | null; isLoading: boolean; isFetching: boolean; refetch: () => unknown };
  /** Free pieces of a product at the chosen location; undefined while unknown. */
  available: (productId: string) => number | undefined;
  /** When the rental starts, by the server's clock. */
  startsAt: Date;
  /** When the rental is due (ISO 8601), or null without a valid day. */
  dueAt: string | null;
  /** The price for the whole time, whole forints; null while a price or the due day is unknown. */
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
  const now = useNow();
  const [startsAt, setStartsAt] = useState(() => serverTime());
  const [restored] = useState(() => readCheckoutDraft(startsAt));
  const [stored, setStored] = useState<Draft>(() => ({
    partner: null,
    locationId: '',
    lines: [],
    ...restored,
    due: restored?.due ?? toDateField(addDays(startsAt, 1)),
  }));
  const [submitted, setSubmitted] = useState<Partial<Record<Step, boolean>>>({});
  const paymentForm = usePaymentForm();
  const [created, setCreated] = useState<Rental | null>(null);
  const followed = useFollowedRental(created);
  const { rental } = followed;
  // The card of the payment that was handed in with the rental.
  const [charged, setCharged] = useState<string | null>(null);
  // The total of the last request while it may have to be repeated, or the one the server asks for instead.
  const [fixedTotal, setFixedTotal] = useState<number | null>(null);
  const locationsQuery = useQuery(locationsQueryOptions());
  const locations = locationsQuery.data?.items ?? [];
  const locationId = chosenLocation(stored.locationId, locations);
  const cards = useQuery({ ...cardsQueryOptions(stored.partner?.id ?? ''), enabled: stored.partner !== null });
  // Prices come with the search that found the product, but are not saved with a draft.
  const prices = useQueries({
    queries: stored.lines.map((line) => ({ ...priceQueryOptions(line.productId), enabled: line.dailyPrice === null })),
  });
  const free = useQueries({
    queries: stored.lines.map((line) => ({
      ...freeQueryOptions(line.productId, locationId),
      enabled: locationId !== '',
    })),
  });
  const available = (productId: string) => free[stored.lines.findIndex((line) => line.productId === productId)]?.data;

  const draft: Draft = {
    ...stored,
    locationId,
    lines: stored.lines.map((line, index) => ({ ...line, dailyPrice: line.dailyPrice ?? prices[index]?.data ?? null })),
  };
  const { openingHours = null } = locations.find((each) => each.id === locationId) ?? {};
  const dueAt = returnInstant(draft.due, startsAt, openingHours);
  const daily = perDay(draft.lines);
  const total = fixedTotal ?? (daily === null || dueAt === null ? null : daily * rentalDays(startsAt, dueAt));
  const problems = checkItems(draft, available, now);
  const choice = usePaymentChoice(paymentForm, paymentMethods);
  const payment = requestedPayment(choice, cards.data?.items);

  const change = (part: Partial<Draft>) => {
    setFixedTotal(null);
    setStored((before) => ({ ...before, ...part }));
  };
  const addProduct = (product: Adding) => {
    setFixedTotal(null);
    setStored((before) => ({ ...before, lines: addPiece(before.lines, product) }));
  };
  const choosePartner = (partner: Draft['partner']) => {
    if (stored.partner !== null || stored.lines.length > 0) {
      change({ partner });
      return;
    }
    // The page may have been open since yesterday: the rental starts when somebody works on it.
    const start = serverTime();
    setStartsAt(start);
    change({ partner, due: toDateField(addDays(start, 1)) });
  };

  const create = useCreateRental({
    onSuccess: (created, { payment: asked }) => {
      setCharged(asked?.cardToken ?? null);
      setCreated(created);
      rememberLocation(locationId);
    },
    onError: (error, { expectedTotal }) => {
      // A request whose outcome is unknown is repeated as it was, whatever the prices are now.
      if (!isConclusive(error)) setFixedTotal(expectedTotal);
      if (!(error instanceof ApiError)) return;
      if (error.code === 'PRICE_CHANGED') {
        const { actual } = error.problem;
        setFixedTotal(typeof actual === 'number' ? actual : null);
        // The prices that the lines were found with are outdated.
        setStored((before) => ({ ...before, lines: before.lines.map((line) => ({ ...line, dailyPrice: null })) }));
      } else if (error.code === 'INSUFFICIENT_STOCK') {
        setSubmitted((before) => ({ ...before, items: true }));
        goTo('items');
      } else if (error.code === 'ARCHIVED') goTo(error.problem.kind === 'partner' ? 'partner' : 'items');
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
      locationId,
      dueAt,
      lines: draft.lines.map((line) => ({ productId: line.productId, quantity: wholeNumber(line.quantity) ?? 0 })),
      expectedTotal: total,
      ...(payment === 'NONE' ? {} : { payment }),
    });
  };

  return {
    step,
    goTo,
    draft,
    change,
    choosePartner,
    addProduct,
    restored: restored !== null,
    startOver: () => {
      deleteCheckoutDraft();
      onStartOver();
    },
    locations,
    locationsQuery,
    available,
    startsAt,
    dueAt,
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

/** The draft's location, else the page's filter, else the one last used here, else the first. */
function chosenLocation(wanted: string, locations: readonly Named[]): string {
  const known = [wanted, locationFilter(), rememberedLocation()].find((id) => locations.some((each) => each.id === id));
  return known ?? locations[0]?.id ?? '';
}
