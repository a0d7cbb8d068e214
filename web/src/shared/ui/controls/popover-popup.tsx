import { Popover } from '@base-ui/react/popover';
import type { ReactNode } from 'react';
import { useTranslation } from '../../i18n/i18n';
import { autofocus, closedBy } from './dialog';
import classes from './popup.module.css';

interface PopoverPopupProps {
  opened: boolean;
  onOpenedChange: (opened: boolean) => void;
  anchor: HTMLElement;
  className?: string | undefined;
  'aria-label'?: string;
  'aria-labelledby'?: string;
  children: ReactNode;
}

/** The window of a Popover: what of it is not needed until it is opened. */
export function PopoverPopup({
  opened,
  onOpenedChange,
  anchor,
  className = '',
  children,
  ...label
}: PopoverPopupProps) {
  const { t } = useTranslation();
  return (
    <Popover.Root open={opened} onOpenChange={closedBy(anchor, onOpenedChange)} modal="trap-focus">
      <Popover.Portal>
        <Popover.Positioner
          anchor={anchor}
          className={classes.positioner}
          align="end"
          sideOffset={8}
          collisionPadding={8}
        >
          <Popover.Popup
            {...label}
            className={`${classes.popup} ${className}`}
            initialFocus={autofocus}
            finalFocus={() => anchor}
          >
            {children}
            {/* A screen reader on a touch screen has no Escape. */}
            <Popover.Close className="visually-hidden" tabIndex={-1}>
              {t('common.close')}
            </Popover.Close>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
