import classes from './timeline.module.css';

/** One thing that happened on the way. */
export interface Step {
  name: string;
  /** Milliseconds since the first step; null when it has not come or nobody knows. */
  ms: number | null;
  /** Who or how many. */
  note?: string | undefined;
}

/** What happened one after the other, with how long it took until then. */
export function Timeline({ label, steps, unknown }: { label: string; steps: readonly Step[]; unknown: string }) {
  return (
    <ol className={classes.timeline} aria-label={label}>
      {steps.map(({ name, ms, note }) => (
        <li key={name} className={classes.step} data-open={ms === null || undefined}>
          <span className={classes.dot} aria-hidden />
          <span className={classes.name}>
            {name}
            {note !== undefined && <small>{note}</small>}
          </span>
          <span className={classes.ms}>{ms === null ? unknown : `${ms}\u00a0ms`}</span>
        </li>
      ))}
    </ol>
  );
}
