import type { ReactNode, SyntheticEvent } from 'react';
import { isConclusive } from '../../api/idempotency-key';
import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Rental } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Skeleton } from '../../shared/ui/controls/skeleton';
import { ErrorState } from '../../shared/ui/states';
import classes from './change-modal.module.css';
import { newRefunds, Outcome } from './outcome';
import type { ChangeState } from './use-change';

interface ChangeFormProps {
  rental: Rental;
  state: ChangeState;
  submitLabel: string;
  danger?: boolean;
  /** What is filled in is no change. */
  blocked?: boolean;
  /** Said instead of the sentence of the error. */
  refusal?: string | undefined;
  /** Said when no money moves and nothing is owed. */
  settled: string;
  onCancel: () => void;
  children?: ReactNode;
}

/** What is filled in, what it does with the money, and the button that can be pressed once that is on screen. */
export function ChangeForm({
  rental,
  state,
  submitLabel,
  danger = false,
  blocked = false,
  refusal,
  settled,
  onCancel,
  children,
}: ChangeFormProps) {
  const { t } = useTranslation('rental');
  const { t: common } = useTranslation();
  const { after, previewError, error, busy, unsettled } = state;
  const failed = previewError !== null && !isConclusive(previewError) ? previewError : null;
  const problem = error ?? (failed === null ? previewError : null);
  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    state.submit();
  };
  return (
    <form className={classes.form} noValidate onSubmit={handleSubmit}>
      <fieldset className={classes.fields} disabled={busy || unsettled}>
        {children}
      </fieldset>
      <div className={classes.money} aria-live="polite">
        {after !== undefined ? (
          <>
            <Outcome before={rental} after={after} />
            {after.owedAmount === 0 && newRefunds(rental, after).length === 0 && (
              <p className="field-hint">{settled}</p>
            )}
          </>
        ) : (
          previewError === null && !blocked && !unsettled && <Skeleton height={42} radius={9} />
        )}
      </div>
      {failed !== null && !unsettled && <ErrorState error={failed} onRetry={state.retryPreview} />}
      {problem !== null && (
        <p className="field-error" role="alert">
          {refusal ?? errorSentence(problem, common)}
        </p>
      )}
      <div className={classes.buttons}>
        <Button
          type="submit"
          danger={danger}
          data-autofocus
          data-testid="change-submit"
          disabled={(blocked || previewError !== null) && !unsettled}
          loading={busy || (after === undefined && !unsettled)}
        >
          {unsettled ? t('outcome.again') : submitLabel}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {common('common.cancel')}
        </Button>
      </div>
    </form>
  );
}
