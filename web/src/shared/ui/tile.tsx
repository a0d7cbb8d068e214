import type { ReactNode } from 'react';
import type { Tone } from './pill';
import classes from './tile.module.css';

/** The sign at the head of a row: an icon or a short figure. Decoration: the row says the same in words. */
export function Tile({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.tile} data-tone={tone} aria-hidden>
      {children}
    </span>
  );
}
