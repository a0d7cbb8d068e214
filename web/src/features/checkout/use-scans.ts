import { useQueryClient } from '@tanstack/react-query';
import { useLayoutEffect, useRef, useState } from 'react';
import { addPiece, piecesOf } from '../../domain/rentals/cart';
import { useScanner } from '../../shared/scanner';
import { type Finding, findProduct } from './find-product';
import type { CheckoutState } from './use-checkout';

/** What became of a text that was scanned, or typed with Enter. */
export type ScanOutcome = { id: number; code: string } & (
  | { kind: 'added' | 'allTaken'; product: string; n: number }
  | { kind: 'soldOut' | 'notHere' | 'archived'; product: string }
  | { kind: 'unknown' | 'failed' | 'otherStep' }
);

export interface Scans {
  /** Looks for what was typed and adds it. */
  take: (text: string) => void;
  /** How many texts are still looked for; the checkout waits for them. */
  pending: number;
  /** What was added last at this step, and each problem that nobody has closed; the newest first. */
  outcomes: readonly ScanOutcome[];
  close: (id: number) => void;
}

/** More problems than this are not kept. */
const mostProblems = 5;

/**
 * The scans of a checkout. They are looked for at once and enter the basket in their order, however slow the answers
 * are; what is sold out or unknown adds nothing and is named.
 */
export function useScans(checkout: CheckoutState): Scans {
  const { draft, step, addProduct } = checkout;
  const client = useQueryClient();
  const [pending, setPending] = useState(0);
  const [outcomes, setOutcomes] = useState<readonly ScanOutcome[]>([]);
  const [reportedAt, setReportedAt] = useState(step);
  if (reportedAt !== step) {
    setReportedAt(step);
    setOutcomes([]);
  }
  const lastId = useRef(0);
  const queue = useRef(Promise.resolve());
  // The basket as it will be when everything added so far is shown.
  const basket = useRef(draft.lines);
  useLayoutEffect(() => {
    basket.current = draft.lines;
  });

  const report = (outcome: ScanOutcome) =>
    setOutcomes((before) => {
      const problems = before.filter(({ kind, code }) => kind !== 'added' && code !== outcome.code);
      return [outcome, ...problems].slice(0, mostProblems);
    });

  const put = (id: number, code: string, finding: Finding): ScanOutcome => {
    if ('why' in finding) {
      return finding.why === 'unknown'
        ? { id, code, kind: 'unknown' }
        : { id, code, kind: finding.why, product: finding.product };
    }
    const taken = (productId: string) => Math.max(0, piecesOf(basket.current, productId));
    const [first] = finding.candidates;
    const left = finding.candidates.find(({ productId, free }) => free > taken(productId));
    if (first === undefined) return { id, code, kind: 'unknown' };
    if (left === undefined) {
      const n = taken(first.productId);
      return n === 0
        ? { id, code, kind: 'soldOut', product: first.productName }
        : { id, code, kind: 'allTaken', product: first.productName, n };
    }
    const { free, ...product } = left;
    basket.current = addPiece(basket.current, product);
    addProduct(product);
    return { id, code, kind: 'added', product: product.productName, n: taken(product.productId) };
  };

  const look = (text: string, typed: boolean) => {
    const code = text.trim();
    if (code === '') return;
    const id = (lastId.current += 1);
    if (step !== 'items') {
      report({ id, code, kind: 'otherStep' });
      return;
    }
    const finding = findProduct(client, code, draft.locationId, typed).catch(() => null);
    setPending((count) => count + 1);
    queue.current = queue.current.then(async () => {
      const found = await finding;
      report(found === null ? { id, code, kind: 'failed' } : put(id, code, found));
      setPending((count) => count - 1);
    });
  };

  useScanner((code) => look(code, false));
  return {
    take: (text) => look(text, true),
    pending,
    outcomes,
    close: (id) => setOutcomes((before) => before.filter((each) => each.id !== id)),
  };
}
