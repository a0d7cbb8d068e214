import { wholeNumber } from '../../shared/ui/step-input';
import { dueProblem } from './return-instant';

/** One product in the basket. The quantity is as typed. */
export interface CartLine {
  productId: string;
  productName: string;
  dailyPrice: number | null;
  quantity: string;
}

/** What the clerk has filled in so far. */
export interface Draft {
  partner: { id: string; name: string; /** Distinguishes it from another one of this name. */ hint?: string } | null;
  locationId: string;
  /** A day, or a day with a time; see returnInstant. */
  due: string;
  lines: readonly CartLine[];
}

export type Adding = Pick<CartLine, 'productId' | 'productName' | 'dailyPrice'>;

/** One piece more of a product, as a new line or on its line. */
export function addPiece(lines: readonly CartLine[], product: Adding): CartLine[] {
  if (!lines.some((line) => line.productId === product.productId)) return [...lines, { ...product, quantity: '1' }];
  return lines.map((line) =>
    line.productId === product.productId
      ? { ...line, quantity: String(Math.max(0, wholeNumber(line.quantity) ?? 0) + 1) }
      : line,
  );
}

export function setQuantity(lines: readonly CartLine[], productId: string, quantity: string): CartLine[] {
  return lines.map((line) => (line.productId === productId ? { ...line, quantity } : line));
}

export function removeLine(lines: readonly CartLine[], productId: string): CartLine[] {
  return lines.filter((line) => line.productId !== productId);
}

/** Pieces of a product in the basket. */
export function piecesOf(lines: readonly CartLine[], productId: string): number {
  return wholeNumber(lines.find((line) => line.productId === productId)?.quantity ?? '0') ?? 0;
}

export function totalPieces(lines: readonly CartLine[]): number {
  return lines.reduce((sum, line) => sum + Math.max(0, wholeNumber(line.quantity) ?? 0), 0);
}

/** Forints for one day, or null while a price is unknown. */
export function perDay(lines: readonly CartLine[]): number | null {
  let sum = 0;
  for (const line of lines) {
    if (line.dailyPrice === null) return null;
    sum += line.dailyPrice * Math.max(0, wholeNumber(line.quantity) ?? 0);
  }
  return sum;
}

/** What is wrong with the second step, by field; empty when nothing is. `key` is a message under `wizard`. */
export interface ItemProblems {
  due?: 'dueMissing' | 'duePast';
  location?: 'locationMissing';
  lines?: 'linesMissing';
  quantities: Readonly<Record<string, { key: 'quantityInvalid' } | { key: 'tooMany'; n: number }>>;
}

export function checkItems(
  draft: Draft,
  available: (productId: string) => number | undefined,
  now: Date,
): ItemProblems | null {
  const quantities: Record<string, { key: 'quantityInvalid' } | { key: 'tooMany'; n: number }> = {};
  for (const line of draft.lines) {
    const wanted = wholeNumber(line.quantity);
    const left = available(line.productId);
    if (wanted === null || wanted < 1) quantities[line.productId] = { key: 'quantityInvalid' };
    else if (left !== undefined && wanted > left) quantities[line.productId] = { key: 'tooMany', n: left };
  }
  const due = dueProblem(draft.due, now);
  const problems: ItemProblems = {
    ...(due && { due }),
    ...(draft.locationId === '' ? { location: 'locationMissing' as const } : {}),
    ...(draft.lines.length === 0 ? { lines: 'linesMissing' as const } : {}),
    quantities,
  };
  const none =
    problems.due === undefined &&
    problems.location === undefined &&
    problems.lines === undefined &&
    Object.keys(quantities).length === 0;
  return none ? null : problems;
}
