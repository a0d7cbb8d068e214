import { cloneElement, type ReactElement, type ReactNode, Suspense, useState } from 'react';
import { lazyAhead } from '../../lazy-ahead';
import type { ButtonProps } from './button';

const Popup = lazyAhead(async () => (await import('./popover-popup')).PopoverPopup);

interface PopoverProps {
  opened: boolean;
  onOpenedChange: (opened: boolean) => void;
  /** The button that opens and closes it; its `onClick` is set here. */
  target: ReactElement<ButtonProps>;
  className?: string | undefined;
  'aria-label'?: string;
  'aria-labelledby'?: string;
  children: ReactNode;
}

/** A small window beside its button, which gets the focus back. The element with `data-autofocus` gets it first. */
export function Popover({ opened, onOpenedChange, target, ...popup }: PopoverProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      {cloneElement(target, {
        'aria-haspopup': 'dialog',
        'aria-expanded': opened,
        onClick: (event) => {
          setAnchor(event.currentTarget);
          onOpenedChange(!opened);
        },
      })}
      {anchor !== null && (
        <Suspense>
          <Popup {...popup} opened={opened} onOpenedChange={onOpenedChange} anchor={anchor} />
        </Suspense>
      )}
    </>
  );
}
