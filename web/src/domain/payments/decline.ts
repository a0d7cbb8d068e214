import catalogue from '../../../../contract/payment-sentences.json';
import type { Language } from '../../shared/i18n/i18n';
import type { PaymentStatus } from '../../shared/model';

export interface Decline {
  /** What the code means, in a sentence without a full stop. */
  meaning: string;
  /** What to do now; begins small, because it follows other words. */
  next: string;
  /** Whether another attempt with the same card can succeed. */
  retry: boolean;
}

interface Sentence {
  hu: string;
  en: string;
}

// The one catalogue of the whole program; it is keyed by the code with its table, because a number means something else in each.
const codes: Readonly<Record<string, Sentence & { step: string; settled?: string }>> = catalogue.codes;
const steps: Readonly<Record<string, Sentence & { retry: boolean }>> = catalogue.steps;
const fallbackStep = catalogue.steps.another_card;
const unnamed: Sentence = { hu: 'Sikertelen fizetés', en: 'The payment failed' };

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
  const sentence = code === null || code === undefined ? undefined : codes[code];
  const named = (status === 'DECLINED' ? sentence?.settled : undefined) ?? sentence?.step;
  const step = (named === undefined ? undefined : steps[named]) ?? fallbackStep;
  const own = message === null || message === undefined || message === '' ? unnamed[language] : message;
  const next = step[language];
  return {
    meaning: sentence?.[language] ?? own,
    next: next.charAt(0).toLowerCase() + next.slice(1),
    retry: step.retry,
  };
}
