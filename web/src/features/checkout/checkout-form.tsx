import { type RefObject, useId } from 'react';
import { ApiError } from '../../shared/http';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { ErrorState } from '../../shared/ui/states';
import { CheckoutButtons } from './checkout-buttons';
import classes from './checkout-page.module.css';
import { ItemsStep } from './items-step';
import { PartnerStep } from './partner-step';
import { PayStep } from './pay-step';
import { Refusal } from './refusal';
import type { CheckoutState } from './use-checkout';
import { useEnter } from './use-enter';
import type { Scans } from './use-scans';
import './messages';

const headings = { partner: 'wizard.partner', items: 'wizard.items', pay: 'wizard.pay' } as const;

interface CheckoutFormProps {
  checkout: CheckoutState;
  scans: Scans;
  headingRef: RefObject<HTMLHeadingElement | null>;
}

/** The step that is filled in. */
export function CheckoutForm({ checkout, scans, headingRef }: CheckoutFormProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('checkout');
  const headingId = useId();
  const enter = useEnter();
  const { step, draft, error, locationsQuery } = checkout;
  // Until the locations are there nobody knows at which one it is.
  const waiting = scans.pending > 0 || (step !== 'partner' && locationsQuery.isLoading);
  if (step === 'done') return null;
  const refused = formErrors(error, ['partnerId', 'locationId', 'dueAt', 'lines'], t).fields;
  return (
    <form
      className={classes.panel}
      noValidate
      aria-labelledby={headingId}
      ref={enter}
      onSubmit={(event) => {
        event.preventDefault();
        if (!waiting) checkout.submit();
      }}
    >
      <div className={classes.head}>
        <h2 id={headingId} ref={headingRef} tabIndex={-1} className={classes.heading}>
          {own(headings[step])}
        </h2>
        {(draft.partner !== null || draft.lines.length > 0) && !checkout.isSubmitting && (
          <ConfirmButton
            label={own('wizard.startOver')}
            question={own('wizard.startOverAsk')}
            confirm={own('wizard.startOver')}
            variant="subtle"
            onConfirm={checkout.startOver}
          />
        )}
      </div>
      {checkout.restored && (
        <p className="field-hint" role="status">
          {own('wizard.begun')}
        </p>
      )}
      {step !== 'pay' && error instanceof ApiError && <Refusal error={error} lines={draft.lines} />}
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
          problem={refused.partnerId ?? (checkout.partnerMissing ? own('wizard.partnerMissing') : undefined)}
          onPartner={checkout.choosePartner}
          onFound={(partner) => {
            checkout.choosePartner(partner);
            checkout.goTo('items');
          }}
        />
      )}
      {step === 'items' && (
        <ItemsStep
          draft={draft}
          locations={checkout.locations}
          problems={checkout.itemProblems}
          refused={refused}
          available={checkout.available}
          startsAt={checkout.startsAt}
          dueAt={checkout.dueAt}
          scans={scans}
          onAdd={checkout.addProduct}
          onDone={() => {
            if (!waiting) checkout.submit();
          }}
          onChange={checkout.change}
        />
      )}
      {step === 'pay' && <PayStep checkout={checkout} />}
      <CheckoutButtons checkout={checkout} waiting={waiting} />
    </form>
  );
}
