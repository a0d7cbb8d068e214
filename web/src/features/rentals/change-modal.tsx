import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RentalChange } from '../../api/rental-changes';
import { rentalQueryOptions } from '../../api/rentals';
import '../../domain/rentals/messages';
import { RefundList } from '../../domain/rentals/refund-list';
import { useFocusRestore } from '../../shared/focus-restore';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { EmptyState, ErrorState } from '../../shared/ui/states';
import { CancelForm } from './cancel-form';
import classes from './change-modal.module.css';
import { ExtendForm } from './extend-form';
import { newRefunds } from './outcome';
import { ReturnForm } from './return-form';

/** A change that somebody is about to make. */
export interface Changing {
  kind: RentalChange['kind'];
  /** As the list has it; the window reads it anew. */
  rental: Rental;
  /** What gets the focus when the window closes. */
  finalFocus: () => HTMLElement | null;
}

interface ChangeModalProps {
  changing: Changing;
  onPay: (rentalId: string) => void;
  onClose: () => void;
}

/** Takes a rental back, extends or cancels it: says who pays or gets what before it is done, and again afterwards. */
export function ChangeModal({ changing, onPay, onClose: onClosed }: ChangeModalProps) {
  const { t } = useTranslation('rental');
  const { kind } = changing;
  const [done, setDone] = useState<{ before: Rental; after: Rental } | null>(null);
  const {
    data: rental = changing.rental,
    error,
    isFetching,
    isFetchedAfterMount,
    refetch,
  } = useQuery({ ...rentalQueryOptions(changing.rental.id), refetchOnMount: 'always' });
  const onClose = () => {
    // Now: the answer may take the button away, and the row that stands in for it is known by the focus.
    changing.finalFocus()?.focus({ preventScroll: true });
    onClosed();
  };
  const form = {
    rental,
    // Rentals of a list lack their refunds, by which those of the change are told apart.
    ready: isFetchedAfterMount,
    onCancel: onClose,
    onDone: (before: Rental, after: Rental) => {
      if (newRefunds(before, after).length === 0 && after.owedAmount === 0) onClose();
      else setDone({ before, after });
    },
  };
  return (
    <Modal opened onClose={onClose} wide title={t(`${kind}.title`)} finalFocus={changing.finalFocus}>
      <div ref={useFocusRestore()} className={classes.change} data-testid="rental-change" data-kind={kind}>
        {done !== null ? (
          <Done kind={kind} {...done} onPay={() => onPay(rental.id)} onClose={onClose} />
        ) : error !== null ? (
          <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />
        ) : (
          <>
            <p className={classes.whose}>
              {rental.partnerName} · {rental.locationName}
            </p>
            {kind === 'return' && <ReturnForm {...form} />}
            {kind === 'extend' && <ExtendForm {...form} />}
            {kind === 'cancel' && <CancelForm {...form} />}
          </>
        )}
      </div>
    </Modal>
  );
}

interface DoneProps {
  kind: RentalChange['kind'];
  before: Rental;
  after: Rental;
  onPay: () => void;
  onClose: () => void;
}

/** What was done, which money goes where, and what is still to be paid. */
function Done({ kind, before, after, onPay, onClose }: DoneProps) {
  const { t } = useTranslation('rental');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const refunds = newRefunds(before, after);
  const cash = refunds.filter(({ method }) => method === 'CASH').reduce((sum, { amount }) => sum + amount, 0);
  const owes = after.owedAmount > 0;
  const money = (amount: number) => formatMoney(amount, language, after.currency);
  return (
    <div className={classes.form} data-testid="change-done">
      <EmptyState
        icon={<IconCircleCheckFilled size={26} />}
        title={t(`${kind}.done`)}
        hint={
          cash > 0
            ? t('outcome.handOver', { amount: money(cash) })
            : owes
              ? t('outcome.owes', { amount: money(after.owedAmount) })
              : t('outcome.byProvider')
        }
      />
      {refunds.length > 0 && <RefundList refunds={refunds} />}
      <div className={classes.buttons}>
        {owes && (
          <Button data-testid="change-pay" onClick={onPay}>
            {t('outcome.payNow')}
          </Button>
        )}
        <Button variant={owes ? 'default' : 'filled'} onClick={onClose}>
          {common('common.close')}
        </Button>
      </div>
    </div>
  );
}
