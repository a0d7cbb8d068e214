import { Modal as LibraryModal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface ModalProps {
  opened: boolean;
  onClose: () => void;
  /** Called once the window is gone from the screen. */
  onClosed?: () => void;
  title: string;
  wide?: boolean;
  children: ReactNode;
}

/** A window over the page that keeps the focus until it is closed. The element with `data-autofocus` gets it first. */
export function Modal({ opened, onClose, onClosed, title, wide = false, children }: ModalProps) {
  const { t } = useTranslation();
  return (
    <LibraryModal
      opened={opened}
      onClose={onClose}
      {...(onClosed === undefined ? {} : { onExitTransitionEnd: onClosed })}
      title={title}
      size={wide ? 'lg' : 'md'}
      closeButtonProps={{ 'aria-label': t('common.close'), size: 'lg' }}
    >
      {children}
    </LibraryModal>
  );
}
