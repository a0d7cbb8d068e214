import { ConnectionNote } from './connection-note';
import { DigestCard } from './digest-card';
import { GapLine } from './gap-line';
import { useLive } from './live-context';
import { ToastStack } from './toast-stack';
import classes from './toast-region.module.css';

/** Connection problems, what was missed, and a toast for each live event. */
export function ToastRegion() {
  const { connection } = useLive();
  return (
    <div className={classes.region} data-lower={connection.status !== 'connected' || undefined}>
      <ConnectionNote />
      <GapLine />
      <DigestCard />
      <ToastStack />
    </div>
  );
}
