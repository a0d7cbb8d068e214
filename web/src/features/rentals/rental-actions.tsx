import type { RentalChange } from '../../api/rental-changes';
import { statusAt } from '../../domain/rentals/due';
import { useNow } from '../../shared/clock';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import list from '../../shared/ui/list-page.module.css';
import type { Changing } from './change-modal';
import { returnFocus } from './return-focus';
import classes from './rentals-page.module.css';

/** What a row and the record of a rental begin; the windows outlive the row, which may leave the list. */
export interface RentalHandlers {
  onPay: (rentalId: string) => void;
  onChange: (changing: Changing) => void;
}

interface RentalActionsProps extends RentalHandlers {
  rental: Rental;
  /** Also what is done rarely. */
  all?: boolean;
}

/** What can be done with a rental in its state. */
export function RentalActions({ rental, all = false, onPay, onChange }: RentalActionsProps) {
  const { t } = useTranslation('rental');
  const status = statusAt(rental, useNow());
  const out = status === 'OPEN' || status === 'OVERDUE';
  const waiting = status === 'AWAITING_PAYMENT';
  const change = (kind: RentalChange['kind'], label: string, variant: 'light' | 'default') => (
    <Button
      size="xs"
      variant={variant}
      data-testid={`rental-${kind}`}
      onClick={(event) => onChange({ kind, rental, finalFocus: returnFocus(event.currentTarget) })}
    >
      {label}
    </Button>
  );
  return (
    <div className={`${list.actions} ${classes.actions}`}>
      {rental.owedAmount > 0 && (
        <Button
          size="xs"
          variant={waiting ? 'filled' : 'light'}
          data-testid="rental-pay"
          onClick={() => onPay(rental.id)}
        >
          {t('list.pay')}
        </Button>
      )}
      {out && change('return', t('list.return'), 'light')}
      {out && change('extend', t('extend.title'), 'default')}
      {(waiting || (all && status === 'OPEN')) && change('cancel', t('list.cancel'), 'default')}
    </div>
  );
}
