import classes from './skeleton.module.css';

interface SkeletonProps {
  /** Pixels. */
  height: number;
  /** Pixels or a percentage; the whole width when absent. */
  width?: number | string;
  /** Pixels. */
  radius?: number;
  mt?: number;
  mb?: number;
}

/** Takes the room of content that is being loaded. */
export function Skeleton({ height, width, radius, mt, mb }: SkeletonProps) {
  return (
    <div
      className={classes.skeleton}
      style={{ height, width, borderRadius: radius, marginTop: mt, marginBottom: mb }}
    />
  );
}
