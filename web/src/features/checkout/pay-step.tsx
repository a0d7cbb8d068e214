import { useNow } from '../../shared/clock';
import { formatDay, formatMoney, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { MethodFields } from '../../domain/payments/method-fields';
import { totalPieces } from '../../domain/rentals/cart';
import { cashAmount } from '../../domain/rentals/cash';
import classes from './checkout-page.module.css';
import './messages';
import { Refusal } from './refusal';
import { type CheckoutState, paymentMethods } from './use-checkout';

/** What was chosen and what it costs, and how it is paid. */
export function PayStep({ checkout }: { checkout: CheckoutState }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('checkout');
  const language = useLanguage();
  const now = useNow();
  const { draft, dueAt, total } = checkout;
  return (
    <>
      <dl className={classes.summary} aria-label={own('wizard.summary')}>
        <div>
          <dt>{own('wizard.partnerLabel')}</dt>
          <dd>
            {draft.partner?.name}
            {draft.partner?.hint !== undefined && <small>{draft.partner.hint}</small>}
          </dd>
        </div>
        <div>
          <dt>{own('wizard.stepItems')}</dt>
          <dd>{t('common.items', { count: totalPieces(draft.lines) })}</dd>
        </div>
        <div>
          <dt>{own('wizard.location')}</dt>
          <dd>{checkout.locations.find((each) => each.id === draft.locationId)?.name}</dd>
        </div>
        <div>
          <dt>{own('wizard.due')}</dt>
          <dd>{dueAt !== null && `${formatDay(dueAt, language, now)}, ${formatTime(dueAt, language)}`}</dd>
        </div>
        {total !== null && (
          <div>
            <dt>{own('wizard.estimate')}</dt>
            <dd>{formatMoney(total, language)}</dd>
          </div>
        )}
        {total !== null && checkout.paymentMethod === 'CASH' && (
          <div data-testid="wizard-cash">
            <dt>{own('wizard.cash')}</dt>
            <dd>{formatMoney(cashAmount(total), language)}</dd>
          </div>
        )}
      </dl>
      <ul className={classes.payLines} aria-label={own('wizard.cart')} data-testid="wizard-pay-lines">
        {draft.lines.map((line) => (
          <li key={line.productId}>
            <b>{line.quantity} ×</b>
            <span>{line.productName}</span>
            {line.dailyPrice !== null && (
              <small>{own('wizard.perDay', { amount: formatMoney(line.dailyPrice, language) })}</small>
            )}
          </li>
        ))}
      </ul>
      <MethodFields
        stepFocus
        of={checkout.paymentForm}
        partnerId={draft.partner?.id ?? ''}
        methods={paymentMethods}
        disabled={checkout.isSubmitting || checkout.unsettled}
        methodTestId="wizard-method"
        tokenTestId="wizard-card-token"
      />
      {checkout.error !== null && <Refusal error={checkout.error} lines={draft.lines} />}
      {checkout.unsettled && <p role="status">{own('unsettled')}</p>}
    </>
  );
}
