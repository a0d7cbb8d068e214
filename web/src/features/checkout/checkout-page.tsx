import { useState } from 'react';
import { CheckoutForm } from './checkout-form';
import classes from './checkout-page.module.css';
import { CheckoutResult } from './checkout-result';
import { ScanOutcomes } from './scan-outcomes';
import { StepList } from './step-list';
import { useCheckout } from './use-checkout';
import { useScans } from './use-scans';
import { useStepHeading } from './use-step';

/**
 * The checkout: partner, items, payment, done. Unfinished input survives in this
 * tab while the user is elsewhere; after a finished checkout an empty one begins.
 */
export function CheckoutPage() {
  const [round, setRound] = useState(0);
  return <Checkout key={round} onAnother={() => setRound((before) => before + 1)} />;
}

function Checkout({ onAnother }: { onAnother: () => void }) {
  const checkout = useCheckout(onAnother);
  const scans = useScans(checkout);
  const { step, followed, unsettled } = checkout;
  const { rental } = followed;
  const heading = useStepHeading(rental === null ? step : `${step} ${rental.status}`);
  return (
    <div className={classes.wizard} data-testid="checkout-wizard" data-step={step}>
      <StepList
        step={step}
        locked={rental !== null || unsettled}
        rentalIsOpen={rental?.status === 'OPEN'}
        onStep={checkout.goTo}
      />
      {step !== 'items' && <ScanOutcomes scans={scans} problemsOnly />}
      {rental !== null ? (
        <CheckoutResult
          rental={rental}
          followed={followed}
          charged={checkout.charged}
          unpaid={checkout.paymentMethod === 'NONE'}
          headingRef={heading}
          onRental={checkout.setRental}
          onAnother={onAnother}
        />
      ) : (
        <CheckoutForm checkout={checkout} scans={scans} headingRef={heading} />
      )}
    </div>
  );
}
