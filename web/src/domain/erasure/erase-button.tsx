import { type SyntheticEvent, useState } from 'react';
import { errorSentence } from '../../shared/error-sentence';
import { ApiError } from '../../shared/http';
import { useTranslation } from '../../shared/i18n/i18n';
import { useModalContent } from '../../shared/modal-content';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import classes from './erase-button.module.css';
import './messages';

interface EraseButtonProps {
  kind: 'partner' | 'user';
  name: string;
  /** The mutation that erases; it is done when the row is gone. */
  erase: { mutate: () => void; reset: () => void; isPending: boolean; error: Error | null };
}

/** Erases a person's data, for good: after the name was typed. */
export function EraseButton({ kind, name, erase }: EraseButtonProps) {
  const { t } = useTranslation('erasure');
  const modal = useModalContent<true>();
  const handleOpen = () => {
    erase.reset();
    modal.show(true);
  };
  return (
    <>
      <Button size="xs" variant="default" aria-label={`${t('begin')}: ${name}`} onClick={handleOpen}>
        {t('begin')}
      </Button>
      <Modal {...modal.props} title={t('title')}>
        {modal.content && <EraseForm kind={kind} name={name} erase={erase} onClose={modal.close} />}
      </Modal>
    </>
  );
}

function EraseForm({ kind, name, erase, onClose }: EraseButtonProps & { onClose: () => void }) {
  const { t } = useTranslation('erasure');
  const { t: common } = useTranslation();
  const [typed, setTyped] = useState('');
  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    erase.mutate();
  };
  return (
    <form className={classes.form} onSubmit={handleSubmit}>
      <p>{t(kind, { name })}</p>
      <p>
        <b>{t('final')}</b>
      </p>
      <TextField
        label={t('type')}
        description={name}
        autoComplete="off"
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {erase.error !== null && (
        <p className="field-error" role="alert">
          {refusal(erase.error) ?? errorSentence(erase.error, common)}
        </p>
      )}
      <div className={classes.buttons}>
        <Button
          type="submit"
          danger
          disabled={!isSameName(typed, name)}
          loading={erase.isPending}
          data-testid="erase-confirm"
        >
          {t('confirm')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {common('common.cancel')}
        </Button>
      </div>
    </form>
  );

  function refusal(error: Error): string | null {
    if (!(error instanceof ApiError) || error.code !== 'UNFINISHED') return null;
    const { rentals } = error.problem;
    return t('unfinished', { count: Array.isArray(rentals) ? rentals.length : 1 });
  }
}

/** A name as somebody types it: without the spaces around it, in composed letters. */
const isSameName = (typed: string, name: string) => plain(typed) === plain(name);
const plain = (text: string) => text.normalize('NFC').trim().replace(/\s+/g, ' ');
