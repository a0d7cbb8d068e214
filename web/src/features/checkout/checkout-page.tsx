import { IconArrowLeft, IconArrowRight, IconCheck } from '@tabler/icons-react';
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../shared/api';
import { call } from '../../shared/call';
import { isConclusive, useIdempotencyKey } from '../../shared/idempotency-key';
import { serverTime, useNow } from '../../shared/clock';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import { addDays, dueInstant, formatDay, formatMoney, formatTime, rentalDays, toDateField } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import { refreshAfterTrade } from '../../shared/invalidate';
import type { Rental } from '../../shared/model';
import { locationFilter } from '../../shared/location-filter';
import { cardsQueryOptions, freeQueryOptions, locationsQueryOptions, priceQueryOptions } from '../../shared/queries';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { MethodFields, type PaymentChoice, requestedPayment } from '../../shared/ui/method-fields';
import { ErrorState } from '../../shared/ui/states';
import { wholeNumber } from '../../shared/ui/step-input';
import { checkItems, type Draft, perDay, totalPieces } from './cart';
import classes from './checkout-page.module.css';
import { ItemsStep } from './items-step';
import { deleteCheckoutDraft, saveCheckoutDraft, readCheckoutDraft } from './checkout-draft';
import { PartnerStep } from './partner-step';
import { CheckoutResult } from './checkout-result';
import { type Step, steps, useStep } from './use-step';

const stepNames = { partner: 'stepPartner', items: 'stepItems', pay: 'stepPay', done: 'stepDone' } as const;
const locationKey = 'harang-checkout-place';

interface RentalRequest {
  partnerId: string;
  locationId: string;
  dueAt: string;
  lines: { productId: string; quantity: number }[];
  payment?: { method: 'CARD' | 'CASH'; cardToken?: string };
}

function rememberedLocation(): string | null {
  try {
    return localStorage.getItem(locationKey);
  } catch {
    return null;
  }
}

/**
 * The checkout: partner, items, payment, done. One that was begun stays for this
 * tab while somebody looks elsewhere; after a finished one an empty one begins.
 */
export function CheckoutPage() {
  const [round, setRound] = useState(0);
  return <Checkout key={round} again={round > 0} onAnother={() => setRound((before) => before + 1)} />;
}

function Checkout({ again, onAnother }: { again: boolean; onAnother: () => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const client = useQueryClient();
  const { keyFor, conclude } = useIdempotencyKey();
  const [began, setBegan] = useState(() => serverTime());
  const [begun] = useState(() => readCheckoutDraft(began));
  const [draft, setDraft] = useState<Draft>(() => ({
    partner: null,
    locationId: '',
    lines: [],
    ...begun,
    due: begun?.due ?? toDateField(addDays(began, 1)),
  }));
  const [tried, setTried] = useState<Partial<Record<Step, boolean>>>({});
  const [paymentChoice, setPaymentChoice] = useState<PaymentChoice>({ method: 'CARD', token: null });
  const [rental, setRental] = useState<Rental | null>(null);
  const reachable = draft.partner === null ? 'partner' : draft.lines.length === 0 ? 'items' : 'pay';
  const { step, goTo } = useStep(reachable, rental?.id ?? null);
  const heading = useRef<HTMLHeadingElement>(null);
  const locationsQuery = useQuery(locationsQueryOptions());
  const cards = useQuery({ ...cardsQueryOptions(draft.partner?.id ?? ''), enabled: draft.partner !== null });
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));

  // A clerk works at one location: the filter’s, or the last one used here.
  const locations = locationsQuery.data?.items ?? [];
  const locationId = locations.some((each) => each.id === draft.locationId)
    ? draft.locationId
    : ([locationFilter(), rememberedLocation()].find((id) => locations.some((each) => each.id === id)) ??
      locations[0]?.id ??
      '');

  // The price is known from the search in which a product was found, but not kept with a checkout that was begun.
  const prices = useQueries({
    queries: draft.lines.map((line) => ({
      ...priceQueryOptions({ id: line.productId, name: line.productName }),
      enabled: line.dailyPrice === null,
    })),
  });
  const lines = draft.lines.map((line, index) =>
    line.dailyPrice === null ? { ...line, dailyPrice: prices[index]?.data ?? null } : line,
  );
  const filled: Draft = { ...draft, locationId, lines };

  // What is free of each product in the basket, kept current by live events.
  const levels = useQueries({
    queries: draft.lines.map((line) => freeQueryOptions({ id: line.productId, name: line.productName }, locationId)),
  });
  const available = (productId: string) => levels[draft.lines.findIndex((line) => line.productId === productId)]?.data;
  const problems = checkItems(filled, available, now);

  const create = useMutation({
    mutationFn: (body: RentalRequest) =>
      call('post', '/api/v1/rentals', { body, headers: { 'Idempotency-Key': keyFor(body) } }),
    onSuccess: async (created) => {
      conclude();
      setRental(created);
      try {
        localStorage.setItem(locationKey, locationId);
      } catch {
        // Storage may be switched off; the location is then chosen again.
      }
      await refreshAfterTrade(client);
    },
    onError: async (error) => {
      conclude(error);
      if (!(error instanceof ApiError)) return;
      if (error.code === 'INSUFFICIENT_STOCK') {
        setTried((before) => ({ ...before, items: true }));
        goTo('items');
        await client.invalidateQueries({ queryKey: ['inventory', 'stock'] });
      } else if (error.field('partnerId') !== undefined) goTo('partner');
      else if (error.errors.some((each) => /dueAt|locationId|lines/.test(each.field))) goTo('items');
    },
  });

  // While nobody knows what became of an attempt, it is not there to be begun again elsewhere.
  const handedIn = rental !== null || create.isPending || (create.error !== null && !isConclusive(create.error));
  useEffect(() => {
    if (handedIn) deleteCheckoutDraft();
    else saveCheckoutDraft(draft);
  }, [draft, handedIn]);

  // A new step begins at its heading, for eyes and for screen readers.
  const shown = useRef(again ? null : step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    heading.current?.focus();
  }, [step]);

  const handlePartner = (partner: Draft['partner']) => {
    if (draft.partner !== null || draft.lines.length > 0) {
      change({ partner });
      return;
    }
    // The page may have been open since yesterday: a rental begins when somebody is there to take it.
    const now = serverTime();
    setBegan(now);
    change({ partner, due: toDateField(addDays(now, 1)) });
  };
  const handleNext = (event: SyntheticEvent) => {
    event.preventDefault();
    setTried((before) => ({ ...before, [step]: true }));
    if (step === 'partner' && draft.partner !== null) goTo('items');
    if (step === 'items' && problems === null) goTo('pay');
    if (step === 'pay') handleSubmit();
  };
  const handleStartOver = () => {
    deleteCheckoutDraft();
    onAnother();
  };
  const handleSubmit = () => {
    const dueAt = dueInstant(filled.due, began);
    const asked = requestedPayment(paymentChoice, cards.data?.items);
    if (filled.partner === null || dueAt === null || problems !== null || asked === null || create.isPending) return;
    create.mutate({
      partnerId: filled.partner.id,
      locationId,
      dueAt,
      lines: filled.lines.map((line) => ({ productId: line.productId, quantity: wholeNumber(line.quantity) ?? 0 })),
      ...(asked === 'NONE' ? {} : { payment: asked }),
    });
  };

  const at = steps.indexOf(step);
  const refusal = create.error instanceof ApiError ? create.error : null;
  const daily = perDay(lines);
  const due = dueInstant(draft.due, began);

  return (
    <div className={classes.wizard} data-testid="checkout-wizard" data-step={step}>
      <ol className={classes.steps} aria-label={t('wizard.steps')}>
        {steps.map((each, index) => (
          <li
            key={each}
            data-state={index < at ? 'past' : index === at ? 'here' : 'ahead'}
            aria-current={index === at ? 'step' : undefined}
          >
            {index < at && step !== 'done' ? (
              <button
                type="button"
                aria-label={t('wizard.stepState', { n: index + 1, name: t(`wizard.${stepNames[each]}`) })}
                onClick={() => goTo(each)}
              >
                <span className={classes.number}>
                  <IconCheck size={15} stroke={2.6} aria-hidden />
                </span>
                <span>{t(`wizard.${stepNames[each]}`)}</span>
              </button>
            ) : (
              <span className={classes.stepName}>
                <span className={classes.number}>
                  {index < at || rental?.status === 'OPEN' ? (
                    <IconCheck size={15} stroke={2.6} aria-hidden />
                  ) : (
                    index + 1
                  )}
                </span>
                <span>{t(`wizard.${stepNames[each]}`)}</span>
              </span>
            )}
          </li>
        ))}
      </ol>

      {step === 'done' && rental !== null ? (
        <CheckoutResult
          rental={rental}
          unpaid={paymentChoice.method === 'NONE'}
          headingRef={heading}
          onRental={setRental}
          onAnother={onAnother}
        />
      ) : (
        <form className={classes.panel} noValidate onSubmit={handleNext}>
          <div className={classes.head}>
            <h2 ref={heading} tabIndex={-1} className={classes.heading}>
              {t(step === 'partner' ? 'wizard.partner' : step === 'items' ? 'wizard.items' : 'wizard.pay')}
            </h2>
            {(draft.partner !== null || draft.lines.length > 0) && !create.isPending && (
              <ConfirmButton
                label={t('wizard.startOver')}
                question={t('wizard.startOverAsk')}
                confirm={t('wizard.startOver')}
                variant="subtle"
                onConfirm={handleStartOver}
              />
            )}
          </div>
          {begun !== null && (
            <p className="field-hint" role="status">
              {t('wizard.begun')}
            </p>
          )}
          {refusal !== null && step !== 'pay' && (
            <p className={classes.refusal} role="alert">
              {refusalSentence()}
            </p>
          )}
          {locationsQuery.error !== null && (
            <ErrorState
              error={locationsQuery.error}
              busy={locationsQuery.isFetching}
              onRetry={() => locationsQuery.refetch()}
            />
          )}
          {step === 'partner' && (
            <PartnerStep
              partner={draft.partner}
              problem={
                fieldSentence(refusal, 'partnerId', t) ??
                (tried.partner === true && draft.partner === null ? t('wizard.partnerMissing') : undefined)
              }
              onPartner={handlePartner}
            />
          )}
          {step === 'items' && (
            <ItemsStep
              draft={filled}
              locations={locations}
              problems={tried.items === true ? problems : null}
              refused={(field) => fieldSentence(refusal, field, t)}
              available={available}
              began={began}
              onChange={change}
            />
          )}
          {step === 'pay' && (
            <>
              <dl className={classes.summary} aria-label={t('wizard.summary')}>
                <div>
                  <dt>{t('wizard.partnerLabel')}</dt>
                  <dd>{draft.partner?.name}</dd>
                </div>
                <div>
                  <dt>{t('wizard.stepItems')}</dt>
                  <dd>{t('common.items', { count: totalPieces(draft.lines) })}</dd>
                </div>
                <div>
                  <dt>{t('wizard.location')}</dt>
                  <dd>{locations.find((each) => each.id === locationId)?.name}</dd>
                </div>
                <div>
                  <dt>{t('wizard.due')}</dt>
                  <dd>{due !== null && `${formatDay(due, language, now)}, ${formatTime(due, language)}`}</dd>
                </div>
                {daily !== null && due !== null && (
                  <div>
                    <dt>{t('wizard.estimate')}</dt>
                    <dd>{formatMoney(daily * rentalDays(began, due), language)}</dd>
                  </div>
                )}
              </dl>
              <MethodFields
                partnerId={draft.partner?.id ?? ''}
                methods={['CARD', 'CASH', 'NONE']}
                paymentChoice={paymentChoice}
                onPaymentChoice={setPaymentChoice}
                disabled={create.isPending}
                methodTestId="wizard-method"
                tokenTestId="wizard-card-token"
              />
              {create.error !== null && (
                <p className={classes.refusal} role="alert">
                  {refusalSentence()}
                </p>
              )}
            </>
          )}
          <div className={classes.buttons}>
            {step !== 'partner' && (
              <Button
                variant="default"
                size="md"
                disabled={create.isPending}
                leftSection={<IconArrowLeft size={18} aria-hidden />}
                onClick={() => goTo(step === 'pay' ? 'items' : 'partner')}
              >
                {t('wizard.back')}
              </Button>
            )}
            {create.isPending && paymentChoice.method === 'CARD' && (
              <span className="field-hint" role="status">
                {t('wizard.workingCard')}
              </span>
            )}
            {step === 'pay' ? (
              <Button
                type="submit"
                size="md"
                className={classes.forward}
                loading={create.isPending}
                disabled={requestedPayment(paymentChoice, cards.data?.items) === null}
                data-testid="wizard-submit"
              >
                {t('wizard.submit')}
              </Button>
            ) : (
              <Button
                type="submit"
                size="md"
                className={classes.forward}
                rightSection={<IconArrowRight size={18} aria-hidden />}
                data-testid="wizard-next"
              >
                {t('wizard.next')}
              </Button>
            )}
          </div>
        </form>
      )}
    </div>
  );

  function refusalSentence(): string {
    const { error } = create;
    if (!(error instanceof ApiError)) return errorSentence(error, t);
    if (error.code === 'INSUFFICIENT_STOCK') {
      const { line, available: left } = error.problem;
      // With a single line the server names none.
      const named = draft.lines[typeof line === 'number' ? line : 0];
      return named !== undefined && typeof left === 'number'
        ? t('wizard.shortage', { product: named.productName, n: left })
        : t('wizard.shortageUnknown');
    }
    return errorSentence(error, t);
  }
}
