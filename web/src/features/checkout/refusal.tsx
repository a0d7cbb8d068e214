import { ApiError } from '../../shared/http';
import { errorSentence } from '../../shared/error-sentence';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { CartLine } from '../../domain/rentals/cart';
import classes from './checkout-page.module.css';
import './messages';

/** Why the rental was not created. */
export function Refusal({ error, lines }: { error: Error; lines: readonly CartLine[] }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('checkout');
  const language = useLanguage();
  const sentence = () => {
    if (!(error instanceof ApiError)) return errorSentence(error, t);
    const { line, available, expected, actual } = error.problem;
    if (error.code === 'PRICE_CHANGED' && typeof expected === 'number' && typeof actual === 'number')
      return own('wizard.priceChanged', {
        expected: formatMoney(expected, language),
        actual: formatMoney(actual, language),
      });
    if (error.code === 'ARCHIVED') {
      const { kind, id } = error.problem;
      const product = lines.find((each) => each.productId === id)?.productName;
      return kind === 'product' && product !== undefined
        ? own('wizard.archivedProduct', { product })
        : own(kind === 'location' ? 'wizard.archivedLocation' : 'wizard.archivedPartner');
    }
    if (error.code !== 'INSUFFICIENT_STOCK') return errorSentence(error, t);
    // With a single line the server names none.
    const named = lines[typeof line === 'number' ? line : 0];
    return named !== undefined && typeof available === 'number'
      ? own('wizard.shortage', { product: named.productName, n: available })
      : own('wizard.shortageUnknown');
  };
  return (
    <p className={classes.refusal} role="alert">
      {sentence()}
    </p>
  );
}
