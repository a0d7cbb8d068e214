import { Drawer as LibraryDrawer } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './drawer.module.css';

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
  return (
    <LibraryDrawer.Root
      opened={opened}
      onClose={onClose}
      position="right"
      size={420}
      lockScroll={false}
      transitionProps={{ duration: 150, transition: 'slide-left' }}
    >
      <LibraryDrawer.Overlay backgroundOpacity={0.35} />
      <LibraryDrawer.Content classNames={{ content: classes.panel ?? '' }} {...rest}>
        <LibraryDrawer.Header className={classes.head ?? ''}>
          <LibraryDrawer.Title className={classes.title ?? ''}>{title}</LibraryDrawer.Title>
          {action}
          <LibraryDrawer.CloseButton aria-label={closeLabel} />
        </LibraryDrawer.Header>
        <LibraryDrawer.Body className={classes.body ?? ''}>{children}</LibraryDrawer.Body>
      </LibraryDrawer.Content>
    </LibraryDrawer.Root>
  );
}
