import { Dialog } from '@base-ui/react/dialog';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from '../../i18n/i18n';
import { autofocus, useDismissal } from './dialog';
import classes from './modal.module.css';
import { PlainButton } from './plain-button';

interface ModalProps {
  opened: boolean;
  onClose: () => void;
  /** Called once the window is gone from the screen. */
  onClosed?: () => void;
  title: string;
  wide?: boolean;
  /** What gets the focus back; absent or null: what had it before. */
  finalFocus?: () => HTMLElement | null;
  children: ReactNode;
}

/** A window over the page that keeps the focus until it is closed. The element with `data-autofocus` gets it first. */
export function Modal({ opened, onClose, onClosed, title, wide = false, finalFocus, children }: ModalProps) {
  const { t } = useTranslation();
  const { popup, onOpenChange } = useDismissal(onClose);
  return (
    <Dialog.Root
      open={opened}
      modal="trap-focus"
      onOpenChange={onOpenChange}
      onOpenChangeComplete={(open) => !open && onClosed?.()}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className={classes.backdrop} />
        <Dialog.Viewport className={classes.viewport} data-dismiss>
          <Dialog.Popup
            ref={popup}
            className={classes.window}
            data-wide={wide || undefined}
            aria-modal
            initialFocus={autofocus}
            finalFocus={finalFocus}
            render={<section />}
          >
            <header className={classes.head}>
              <Dialog.Title className={classes.title}>{title}</Dialog.Title>
              <Dialog.Close className={classes.close} render={<PlainButton />} aria-label={t('common.close')}>
                <IconX size={20} stroke={1.8} aria-hidden />
              </Dialog.Close>
            </header>
            <div className={classes.body}>{children}</div>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
