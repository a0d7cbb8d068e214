import { type SyntheticEvent, useId, useState } from 'react';
import { useSaveLocation } from '../../api/locations';
import '../../domain/catalogue/messages';
import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Location } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import classes from './terms-button.module.css';

/** Opens the conditions that the slips of a location's rentals have. */
export function TermsButton({ location }: { location: Location }) {
  const { t } = useTranslation('catalogue');
  const modal = useModalContent<Location>();
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={`${t('terms.title')}: ${location.name}`}
        data-testid="location-terms"
        onClick={() => modal.show(location)}
      >
        {t('terms.short')}
      </Button>
      <Modal {...modal.props} wide title={`${t('terms.title')}: ${location.name}`}>
        {modal.content !== null && <TermsForm location={modal.content} onSaved={modal.close} />}
      </Modal>
    </>
  );
}

function TermsForm({ location, onSaved }: { location: Location; onSaved: () => void }) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const id = useId();
  const [terms, setTerms] = useState(location.rentalTerms ?? '');
  const save = useSaveLocation({ onSuccess: onSaved });
  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate({ id: location.id, name: location.name, rentalTerms: terms });
  };
  return (
    <form className={classes.form} onSubmit={handleSubmit}>
      <label htmlFor={id} className="field-label">
        {t('terms.label')}
      </label>
      <p id={`${id}-hint`} className="field-hint">
        {t('terms.hint')}
      </p>
      <textarea
        id={id}
        className={classes.text}
        aria-describedby={`${id}-hint`}
        data-autofocus
        rows={10}
        maxLength={4000}
        value={terms}
        onChange={(event) => setTerms(event.currentTarget.value)}
      />
      {save.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(save.error, common)}
        </p>
      )}
      <div>
        <Button type="submit" loading={save.isPending}>
          {common('common.save')}
        </Button>
      </div>
    </form>
  );
}
