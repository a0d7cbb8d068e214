// The shapes of the HTTP contract, by the names of the JSON.

export type Role = 'OPERATOR' | 'STORE_MANAGER' | 'ADMIN';

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
  tenantId: string;
  tenantName: string;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Named {
  id: string;
  name: string;
}

export interface Product extends Named {
  /** Whole forints for one day. */
  dailyPrice: number;
}

export type Severity = 'CRITICAL' | 'WARNING' | 'OK';

export interface StockItem {
  productId: string;
  productName: string;
  locationId: string;
  locationName: string;
  quantity: number;
  warningThreshold: number;
  criticalThreshold: number;
  severity: Severity;
  /** When the ordered pieces are expected (RFC 3339), or null. */
  expectedAt: string | null;
}

export interface Claim {
  eventId: string;
  by: Named | null;
  at: string;
}

export interface StockAlert extends StockItem {
  since: string;
  /** The event that announced the alert; null when none did (it was loaded so). */
  eventId: string | null;
  claim: Claim | null;
}

export type RentalStatus = 'AWAITING_PAYMENT' | 'OPEN' | 'OVERDUE' | 'RETURNED' | 'CANCELLED';
export type PaymentMethod = 'CASH' | 'CARD';
export type PaymentStatus = 'PENDING' | 'DECLINED' | 'SUCCEEDED' | 'REVERSED';
/** What the payments page shows: one status, or what still wants something done. */
export type PaymentFilter = PaymentStatus | 'TODO';

export interface RentalLine {
  productId: string;
  productName: string;
  quantity: number;
  dailyPrice?: number;
}

/** What became of the payment that was asked together with the rental. */
export interface RentalPayment {
  transactionId: string;
  status: PaymentStatus;
  errorCode?: string | null;
  errorMessage?: string | null;
}

export interface Rental {
  id: string;
  partnerId: string;
  partnerName: string;
  locationId?: string;
  locationName?: string;
  equipmentCount: number;
  totalValue: number;
  /** Whole forints that came in. */
  paidAmount?: number;
  currency: string;
  status: RentalStatus;
  lines: RentalLine[];
  payment?: RentalPayment | null;
  dueAt?: string;
  createdAt?: string;
}

export interface Payment {
  transactionId: string;
  rentalId: string;
  partnerId: string;
  partnerName: string;
  amount: number;
  currency: string;
  method: PaymentMethod;
  status: PaymentStatus;
  errorCode: string | null;
  errorMessage: string | null;
  createdAt: string;
}

/** A card payment that failed and still wants something done. */
export interface PaymentFailure {
  /** The event that told of it; it takes the claim. */
  eventId: string;
  timestamp: string;
  transactionId: string;
  /** null for another program's payment. */
  rentalId: string | null;
  partnerId: string;
  partnerName: string;
  amount: number;
  currency: string;
  /** null for another program's payment. */
  status: PaymentStatus | null;
  errorCode: string;
  errorMessage: string;
  /** May be of an earlier failure of the same rental. */
  claim: Claim | null;
}

/** A card that the payment provider keeps: its token and what it is called, never its number. */
export interface StoredCard {
  token: string;
  label: string;
}

/** What a rental still owes. */
export function owedOf(rental: Pick<Rental, 'totalValue' | 'paidAmount'>): number {
  return Math.max(0, rental.totalValue - (rental.paidAmount ?? 0));
}

/** Figures of the dashboard. Money and payment figures are absent for an OPERATOR. */
export interface Summary {
  openRentals: number;
  dueToday: number;
  overdue: number;
  stock: { critical: number; warning: number; ok: number };
  currency: string;
  revenueToday?: number;
  revenueYesterday?: number;
  /** The last 14 days, oldest first, today last; `date` is `YYYY-MM-DD`. */
  revenueByDay?: { date: string; amount: number }[];
  failedPaymentsToday?: number;
  failedAmountToday?: number;
}

/** Whether the role sees payments, money figures and thresholds. */
export function isManager(role: Role): boolean {
  return role !== 'OPERATOR';
}
