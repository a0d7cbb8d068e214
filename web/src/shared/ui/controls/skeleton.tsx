import { Skeleton as LibrarySkeleton } from '@mantine/core';

interface SkeletonProps {
  /** Pixels. */
  height: number;
  /** Pixels or a percentage; the whole width when absent. */
  width?: number | string;
  radius?: number;
  mt?: number;
  mb?: number;
}

/** Takes the room of content that is being loaded. */
export function Skeleton(props: SkeletonProps) {
  return <LibrarySkeleton {...props} />;
}
