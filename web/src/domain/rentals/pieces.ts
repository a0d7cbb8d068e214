import { rentalDays } from './return-instant';
import type { Rental, RentalLine } from '../../shared/model';

/** Pieces of a line that are with the partner, as long as the rental is. */
export function piecesOut(line: Pick<RentalLine, 'quantity' | 'returned'>): number {
  return line.quantity - line.returned;
}

/** Pieces of the rental that are with the partner; 0 when it is closed. */
export function totalOut(rental: Rental): number {
  if (rental.status === 'RETURNED' || rental.status === 'CANCELLED') return 0;
  return rental.lines.reduce((sum, line) => sum + piecesOut(line), 0);
}

/** Agreed days that have not begun yet. */
export function unusedDays(rental: Rental, now: Date): number {
  const begins = new Date(rental.createdAt);
  return Math.max(0, rentalDays(begins, rental.dueAt) - rentalDays(begins, now.toISOString()));
}
