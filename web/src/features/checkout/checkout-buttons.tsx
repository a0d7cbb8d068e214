import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react';
import { totalPieces } from '../../domain/rentals/cart';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import classes from './checkout-page.module.css';
import './messages';
import type { CheckoutState } from './use-checkout';

interface CheckoutButtonsProps {
  checkout: CheckoutState;
  /** Scans are still looked for, or the locations are: nothing goes on without them. */
  waiting: boolean;
}

/** Back, and on to the next step or to the rental. */
export function CheckoutButtons({ checkout, waiting }: CheckoutButtonsProps) {
  const { t } = useTranslation('checkout');
  const { t: paying } = useTranslation('payments');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const { step, isSubmitting, goTo, total } = checkout;
  const pieces = totalPieces(checkout.draft.lines);
  return (
    <div className={classes.buttons}>
      {step !== 'partner' && pieces > 0 && (
        <p className={classes.sum} data-testid="wizard-sum">
          <span>{common('common.items', { count: pieces })}</span>
          {total !== null && <b>{formatMoney(total, language)}</b>}
        </p>
      )}
      {step !== 'partner' && (
        <Button
          variant="default"
          size="md"
          disabled={isSubmitting || checkout.unsettled}
          leftSection={<IconArrowLeft size={18} aria-hidden />}
          onClick={() => goTo(step === 'pay' ? 'items' : 'partner')}
        >
          {t('wizard.back')}
        </Button>
      )}
      {isSubmitting && checkout.paymentMethod === 'CARD' && (
        <span className="field-hint" role="status">
          {paying('workingCard')}
        </span>
      )}
      {step === 'pay' ? (
        <Button
          type="submit"
          size="md"
          className={classes.forward}
          loading={isSubmitting || waiting}
          disabled={!checkout.canPay}
          data-testid="wizard-submit"
        >
          {checkout.unsettled ? t('again') : t('wizard.submit')}
        </Button>
      ) : (
        <Button
          type="submit"
          size="md"
          className={classes.forward}
          loading={waiting}
          rightSection={<IconArrowRight size={18} aria-hidden />}
          data-testid="wizard-next"
        >
          {t('wizard.next')}
        </Button>
      )}
    </div>
  );
}
