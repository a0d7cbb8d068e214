import type { Payment } from './model';

/** The failures that still want something done: no later payment of the same rental went through. Newest first. */
export function openFailures(payments: readonly Payment[]): Payment[] {
  const paid = new Set(payments.filter((each) => each.status === 'SUCCEEDED').map((each) => each.rentalId));
  const seen = new Set<string>();
  return payments.filter((each) => {
    if (each.errorCode === null || paid.has(each.rentalId) || seen.has(each.rentalId)) return false;
    seen.add(each.rentalId);
    return true;
  });
}
