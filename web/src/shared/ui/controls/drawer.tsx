import { Dialog } from '@base-ui/react/dialog';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useDismissal } from './dialog';
import classes from './drawer.module.css';
import { PlainButton } from './plain-button';

interface DrawerProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  closeLabel: string;
  /** Beside the title. */
  action?: ReactNode;
  'data-testid'?: string;
  children: ReactNode;
}

/** A window that comes in from the right and takes the page's height. */
export function Drawer({ opened, onClose, title, closeLabel, action, children, ...rest }: DrawerProps) {
  const { popup, onOpenChange } = useDismissal(onClose);
  return (
    <Dialog.Root open={opened} modal="trap-focus" onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={classes.backdrop} data-dismiss />
        <Dialog.Popup {...rest} ref={popup} className={classes.drawer} aria-modal render={<section />}>
          <header className={classes.head}>
            <Dialog.Title className={classes.title}>{title}</Dialog.Title>
            {action}
            <Dialog.Close className={classes.close} render={<PlainButton />} aria-label={closeLabel}>
              <IconX size={19} stroke={1.8} aria-hidden />
            </Dialog.Close>
          </header>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
