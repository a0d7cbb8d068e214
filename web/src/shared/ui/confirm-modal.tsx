import type { ReactNode } from 'react';
import { useTranslation } from '../i18n/i18n';
import classes from './confirm-modal.module.css';
import { Button } from './controls/button';
import { Modal } from './controls/modal';

interface ConfirmModalProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  confirm: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks in a window before something happens. The focus is on the button that lets it be. */
export function ConfirmModal({ title, children, confirm, onConfirm, onClose }: ConfirmModalProps) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={title}>
      <div className={classes.text}>{children}</div>
      <div className={classes.buttons}>
        <Button
          onClick={() => {
            onClose();
            onConfirm();
          }}
          data-testid="confirm-yes"
        >
          {confirm}
        </Button>
        <Button variant="default" data-autofocus data-testid="confirm-no" onClick={onClose}>
          {t('common.cancel')}
        </Button>
      </div>
    </Modal>
  );
}
