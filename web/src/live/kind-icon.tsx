import type { EventIcon, Kind } from '../events/define';
import classes from './kind-icon.module.css';

/** The icon of an event on the wash of its kind. */
export function KindIcon({ kind, icon: Icon, size = 36 }: { kind: Kind; icon: EventIcon; size?: number }) {
  return (
    <span className={classes.tile} data-kind={kind} style={{ width: size, height: size }} aria-hidden>
      <Icon size={size * 0.55} stroke={1.8} />
    </span>
  );
}
