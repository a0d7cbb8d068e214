import classes from './live-mark.module.css';

/** Lights a row up for a moment each time `count` goes up; first child of a row that is positioned. */
export function LiveMark({ count }: { count: number }) {
  return count > 0 && <span key={count} className={classes.mark} aria-hidden />;
}
