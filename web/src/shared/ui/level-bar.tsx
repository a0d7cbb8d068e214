import type { Severity } from '../model';
import classes from './level-bar.module.css';

/** How full the stock is beside the level that it should reach. Decoration: the figures stand beside it as text. */
export function LevelBar({ quantity, level, severity }: { quantity: number; level: number; severity: Severity }) {
  const share = level <= 0 ? 1 : Math.min(1, quantity / level);
  return (
    <span className={classes.bar} data-severity={severity} aria-hidden>
      <svg width="100%" height="6" preserveAspectRatio="none" viewBox="0 0 100 6">
        <rect className={classes.fill} width={Math.max(3, share * 100)} height="6" />
      </svg>
    </span>
  );
}
