import { Popover as LibraryPopover } from '@mantine/core';
import { cloneElement, type MouseEventHandler, type ReactElement, type ReactNode } from 'react';

interface PopoverProps {
  opened: boolean;
  onOpenedChange: (opened: boolean) => void;
  /** The button that opens and closes it; its `onClick` is set here. */
  target: ReactElement<{ onClick?: MouseEventHandler }>;
  className?: string | undefined;
  'aria-label'?: string;
  'aria-labelledby'?: string;
  children: ReactNode;
}

/** A small window beside its button, which gets the focus back. The element with `data-autofocus` gets it first. */
export function Popover({ opened, onOpenedChange, target, className = '', children, ...label }: PopoverProps) {
  return (
    <LibraryPopover opened={opened} onChange={onOpenedChange} trapFocus returnFocus withRoles position="bottom-end">
      <LibraryPopover.Target>{cloneElement(target, { onClick: () => onOpenedChange(!opened) })}</LibraryPopover.Target>
      <LibraryPopover.Dropdown className={className} {...label}>
        {children}
      </LibraryPopover.Dropdown>
    </LibraryPopover>
  );
}
