import { toDateField } from '../../shared/format';
import { deleteDraft, readDraft, saveDraft } from '../../shared/session-draft';
import type { CartLine, Draft } from '../../domain/rentals/cart';

const name = 'checkout';

/** Keeps what is filled in. Prices are not kept: they are asked for anew. */
export function saveCheckoutDraft(draft: Draft): void {
  if (draft.partner === null && draft.lines.length === 0) deleteDraft(name);
  else saveDraft(name, { ...draft, lines: draft.lines.map((line) => ({ ...line, dailyPrice: null })) });
}

export function deleteCheckoutDraft(): void {
  deleteDraft(name);
}

/** The checkout that was begun in this tab, or null. A day that has passed meanwhile is left out. */
export function readCheckoutDraft(now: Date): (Omit<Draft, 'due'> & { due: string | null }) | null {
  const { partner, locationId, due, lines } = record(readDraft(name));
  const who = record(partner);
  const found: Draft['partner'] =
    typeof who.id === 'string' && typeof who.name === 'string'
      ? { id: who.id, name: who.name, ...(typeof who.hint === 'string' && { hint: who.hint }) }
      : null;
  const basket = Array.isArray(lines) ? lines.flatMap(lineOf) : [];
  if (found === null && basket.length === 0) return null;
  return {
    partner: found,
    locationId: typeof locationId === 'string' ? locationId : '',
    due: typeof due === 'string' && due >= toDateField(now) ? due : null,
    lines: basket,
  };
}

function lineOf(value: unknown): CartLine[] {
  const { productId, productName, quantity } = record(value);
  if (typeof productId !== 'string' || typeof productName !== 'string' || typeof quantity !== 'string') return [];
  return [{ productId, productName, quantity, dailyPrice: null }];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
