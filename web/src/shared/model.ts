import type { components } from '../api/schema';

// Views of the types that are generated from the server's own description.
type Schemas = components['schemas'];

/** A person's role. */
export type Role = Schemas['AccountBody']['role'];
export type User = Omit<Schemas['UserBody'], 'role'> & { role: Role };

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export type Partner = Schemas['PartnerItemBody'];
export type OnePartner = Schemas['OnePartnerBody'];
/** What a form says of a partner; null removes it. */
export interface PartnerContent {
  name: string;
  phone: string | null;
  email: string | null;
  note: string | null;
}
export type Named = Pick<Partner, 'id' | 'name' | 'archived'>;
export type Location = Schemas['LocationBody'];
export type OpeningHours = Schemas['OpeningHours'];
export type Product = Schemas['ProductBody'];
export type StockItem = Schemas['StockBody'];
/** A stock item as the list has it: `out` only where it was asked for. */
export type StockListItem = Schemas['StockListBody'];
export type StockReturn = Schemas['StockReturnBody'];
export type Severity = StockItem['severity'];
export type Claim = Schemas['ClaimBody'];
export type StockAlert = Schemas['AlertBody'];
export type Rental = Schemas['RentalBody'];
export type RentalStatus = Rental['status'];
/** Orders of the list of rentals but its own, which has what is overdue first. */
export type RentalOrder = '-createdAt' | 'dueAt';
export type RentalLine = Schemas['LineBody'];
export type RentalPayment = Schemas['RentalPayment'];
export type Payment = Schemas['PaymentBody'];
export type PaymentMethod = Payment['method'];
export type PaymentRequest = Schemas['PayBody'];
export type PaymentStatus = Payment['status'];
/** What the payments page shows: one status, or what still wants something done. */
export type PaymentFilter = PaymentStatus | 'TODO';
/** A card payment that failed and is not settled. */
export type PaymentFailure = Schemas['FailureBody'];
/** A card that the payment provider keeps: its token and what it is called, never its number. */
export type StoredCard = Schemas['CardBody'];
/** Money of one payment that is given back. */
export type Refund = Schemas['RefundBody'];
/** Figures of the dashboard. Money and payment figures are absent for an OPERATOR. */
export type Summary = Schemas['SummaryBody'];

/** Whether the role sees payments, money figures and thresholds. */
export function isManager(role: Role): boolean {
  return role !== 'OPERATOR';
}
