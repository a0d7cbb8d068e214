import { IconCircleCheckFilled, IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useFocusRestore } from '../../shared/focus-restore';
import { rentalQueryOptions } from '../../api/rentals';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { PayForm } from './pay-form';
import classes from './pay-modal.module.css';
import { EmptyState, ErrorState } from '../../shared/ui/states';
import './messages';

/** Pays a rental that owes something from any list. Reads it anew first, because someone else may have been quicker. */
export function PayModal({ rentalId, onClose }: { rentalId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('payments');
  const language = useLanguage();
  const [paid, setPaid] = useState(false);
  const {
    data: rental,
    error,
    isFetching,
    isFetchedAfterMount,
    dataUpdatedAt,
    refetch,
  } = useQuery({ ...rentalQueryOptions(rentalId), refetchOnMount: 'always' });
  return (
    <Modal opened onClose={onClose} wide title={own('title')}>
      <div ref={useFocusRestore()}>
        {paid ? (
          <EmptyState
            icon={<IconCircleCheckFilled size={26} />}
            title={own('done')}
            hint={own('doneHint')}
            action={<Button onClick={onClose}>{t('common.close')}</Button>}
          />
        ) : error !== null ? (
          <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />
        ) : rental === undefined || !isFetchedAfterMount ? (
          <Skeleton height={240} radius={12} />
        ) : rental.owedAmount === 0 ? (
          <EmptyState
            icon={<IconInfoCircle size={26} stroke={1.7} />}
            title={own('notWaiting')}
            hint={`${rental.partnerName} · ${t(`rentalStatus.${rental.status}`)}`}
            action={<Button onClick={onClose}>{t('common.close')}</Button>}
          />
        ) : (
          <>
            <p className={classes.owed}>
              <span>
                {rental.partnerName} · {t('common.items', { count: rental.equipmentCount })}
              </span>
              <b>{formatMoney(rental.owedAmount, language, rental.currency)}</b>
            </p>
            <PayForm
              rental={rental}
              onPaid={() => setPaid(true)}
              onCheck={() => void refetch()}
              checking={isFetching}
              checkedAt={dataUpdatedAt}
              methodTestId="pay-method"
              tokenTestId="pay-card-token"
              submitTestId="pay-submit"
            />
          </>
        )}
      </div>
    </Modal>
  );
}
