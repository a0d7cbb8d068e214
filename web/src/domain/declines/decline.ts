import rules from 'virtual:payment-sentences/rules';
import { type Language, messageOf } from '../../shared/i18n/i18n';
import type { PaymentStatus } from '../../shared/model';
import './messages';

export interface Decline {
  /** What the code means, in a sentence without a full stop. */
  meaning: string;
  /** What to do now; begins small, because it follows other words. */
  next: string;
  /** Whether another attempt with the same card can succeed. */
  retry: boolean;
}

/**
 * A decline code as a sentence and a next step. An unknown code keeps the
 * producer's own words, and the advice that is never wrong. After a timeout
 * nobody may charge again before it is known what became of the money; once
 * the payment's `status` is DECLINED, that is known.
 */
export function explainDecline(
  code: string | null | undefined,
  message: string | null | undefined,
  language: Language,
  status?: PaymentStatus,
): Decline {
  const rule = code === null || code === undefined ? undefined : rules.codes[code];
  const step = (status === 'DECLINED' ? rule?.settled : undefined) ?? rule?.step ?? 'another_card';
  const next = messageOf('declines', `steps.${step}`, { language }) ?? step;
  const own = message === null || message === undefined || message === '' ? undefined : message;
  const meaning = rule === undefined ? own : messageOf('declines', `codes.${code}`, { language });
  return {
    meaning: meaning ?? messageOf('page', 'payments.failed', { language }) ?? '',
    next: next.charAt(0).toLowerCase() + next.slice(1),
    retry: rules.steps[step]?.retry ?? false,
  };
}
