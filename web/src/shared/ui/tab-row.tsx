import { useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useChosenInView } from '../chosen-in-view';
import classes from './tab-row.module.css';

/** Links to pages beside each other, in a row that scrolls when there is no room. */
export function TabRow({ label, children }: { label: string; children: ReactNode }) {
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav ref={useChosenInView(path)} className={classes.tabs} aria-label={label}>
      {children}
    </nav>
  );
}
