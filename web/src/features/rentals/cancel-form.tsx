import { useTranslation } from '../../shared/i18n/i18n';
import { ApiError } from '../../shared/http';
import { totalOut } from '../../domain/rentals/pieces';
import { ChangeForm } from './change-form';
import { type ChangeFormProps, useChange } from './use-change';

/** Whether the rental is cancelled, and who gets what back. */
export function CancelForm({ rental, ready, onDone, onCancel }: ChangeFormProps) {
  const { t } = useTranslation('rental');
  const state = useChange({ rental, ready, onDone }, { kind: 'cancel' });
  const { previewError } = state;
  return (
    <ChangeForm
      rental={rental}
      state={state}
      submitLabel={t('cancel.submit')}
      settled={t('cancel.nothing')}
      danger
      refusal={previewError instanceof ApiError && previewError.code === 'CONFLICT' ? t('cancel.tooLate') : undefined}
      onCancel={onCancel}
    >
      <p>{t('cancel.ask', { n: totalOut(rental) })}</p>
      {rental.payment?.status === 'PENDING' && <p className="field-hint">{t('cancel.pending')}</p>}
    </ChangeForm>
  );
}
