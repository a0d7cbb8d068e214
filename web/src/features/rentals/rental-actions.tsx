import { useTranslation } from 'react-i18next';
import { useEndRental } from '../../api/rentals';
import { errorSentence } from '../../shared/error-sentence';
import { formatMoney } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import list from '../../shared/ui/list-page.module.css';
import classes from './rentals-page.module.css';

interface RentalActionsProps {
  rental: Rental;
  /** Paying outlives the row: a paid rental leaves the list of those that wait. */
  onPay: (rentalId: string) => void;
}

/** What can be done with a rental in its state. */
export function RentalActions({ rental, onPay }: RentalActionsProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const act = useEndRental(rental.id);
  const out = rental.status === 'OPEN' || rental.status === 'OVERDUE';
  const waiting = rental.status === 'AWAITING_PAYMENT';
  return (
    <div className={`${list.actions} ${classes.actions}`}>
      {rental.owedAmount > 0 && (
        <Button
          size="xs"
          variant={waiting ? 'filled' : 'light'}
          data-testid="rental-pay"
          onClick={() => onPay(rental.id)}
        >
          {t('rentals.pay')}
        </Button>
      )}
      {out && (
        <ConfirmButton
          label={t('rentals.return')}
          question={
            rental.owedAmount > 0
              ? t('rentals.returnAskOwed', { amount: formatMoney(rental.owedAmount, language, rental.currency) })
              : t('rentals.returnAsk')
          }
          confirm={t('rentals.returnYes')}
          variant="light"
          busy={act.isPending && act.variables === 'return'}
          onConfirm={() => act.mutate('return')}
        />
      )}
      {(waiting || rental.status === 'OPEN') && (
        <ConfirmButton
          label={t('rentals.cancel')}
          question={t('rentals.cancelAsk')}
          confirm={t('rentals.cancelYes')}
          danger
          busy={act.isPending && act.variables === 'cancel'}
          onConfirm={() => act.mutate('cancel')}
        />
      )}
      {act.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(act.error, t)}
        </p>
      )}
    </div>
  );
}
