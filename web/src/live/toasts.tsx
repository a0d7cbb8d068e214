import { lazy, Suspense } from 'react';
import { loadWithRetry } from '../shared/load-with-retry';

const ToastRegion = lazy(loadWithRetry(async () => ({ default: (await import('./toast-region')).ToastRegion })));

/** The toast region. Half of the component library comes with it, which the first screen does without. */
export function Toasts() {
  return (
    <Suspense>
      <ToastRegion />
    </Suspense>
  );
}
