import { useState } from 'react';
import { ApiError } from '../../shared/http';
import type { PaymentRequest, Rental, RentalPayment } from '../../shared/model';

/** A charge whose outcome was unknown when its answer came. */
interface OpenCharge {
  transactionId: string;
  cardToken: string;
}

export interface Charges {
  /** The rental's latest payment, as far as it is known; null when there was none. */
  latest: RentalPayment | null;
  /** The cards that may not be charged: the state of their last payment is unknown. */
  blocked: readonly string[];
  /** The latest payment is undecided and nobody here knows its card: none may be charged. */
  anyCardBlocked: boolean;
  /** Call before a payment is asked for. */
  begin: () => void;
  /** Takes the error of a payment that was asked for. */
  failed: (error: Error, request: PaymentRequest) => void;
}

/**
 * Which cards a rental's earlier payments leave free. `charged` is the card of the rental's latest payment where the
 * caller knows it.
 */
export function useCharges(rental: Rental, charged: string | null): Charges {
  const known = rental.payment ?? null;
  // The payment asked for here, until the rental is read with it or a later one.
  const [attempt, setAttempt] = useState<{ payment: RentalPayment; before: string | null } | null>(null);
  const [open, setOpen] = useState<readonly OpenCharge[]>(() =>
    known?.status === 'PENDING' && charged !== null ? [{ transactionId: known.transactionId, cardToken: charged }] : [],
  );

  const isNewer =
    attempt !== null &&
    attempt.before === (known?.transactionId ?? null) &&
    attempt.payment.transactionId !== attempt.before;
  const latest = isNewer ? attempt.payment : known;
  const isOpen = ({ transactionId }: OpenCharge) =>
    known?.transactionId !== transactionId || known.status === 'PENDING';
  const undecided = latest?.status === 'PENDING' && latest.method === 'CARD';

  return {
    latest,
    blocked: open.filter(isOpen).map(({ cardToken }) => cardToken),
    anyCardBlocked: undecided && !open.some(({ transactionId }) => transactionId === latest.transactionId),
    begin: () => setOpen((before) => before.filter(isOpen)),
    failed: (error, { amount, method, cardToken }) => {
      const payment = paymentOf(error);
      if (payment === null) return;
      setAttempt({ payment: { ...payment, amount, method }, before: known?.transactionId ?? null });
      if (payment.status === 'PENDING' && cardToken !== undefined) {
        setOpen((before) => [...before, { transactionId: payment.transactionId, cardToken }]);
      }
    },
  };
}

/** The payment that a refusal is the outcome of; null when there was none. */
function paymentOf(
  error: Error,
): Pick<RentalPayment, 'transactionId' | 'status' | 'errorCode' | 'errorMessage'> | null {
  if (!(error instanceof ApiError)) return null;
  const status = ({ PAYMENT_TIMEOUT: 'PENDING', PAYMENT_DECLINED: 'DECLINED' } as const)[error.code];
  if (status === undefined) return null;
  const text = (name: string) => {
    const value = error.problem[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [errorCode, errorMessage] = [text('errorCode'), text('errorMessage')];
  return {
    transactionId: text('transactionId') ?? '',
    status,
    ...(errorCode !== undefined && { errorCode }),
    ...(errorMessage !== undefined && { errorMessage }),
  };
}
