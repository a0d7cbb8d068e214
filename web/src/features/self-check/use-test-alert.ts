import { useEffect, useState } from 'react';
import { useLive, useLiveTools } from '../../live/live-context';
import { useStore } from '@harang/react';
import { useAskTestAlert } from '../../api/self-check';
import { alertTrace, type AlertTrace } from './alert-trace';

/** How long a test alert may take before the page says what to do. */
const patience = 5000;

/** Where the newest test alert of this page is. */
export type TestAlertState =
  | { readonly name: 'none' }
  | { readonly name: 'waiting' }
  | { readonly name: 'arrived'; readonly trace: AlertTrace }
  | { readonly name: 'late' }
  | { readonly name: 'failed'; readonly error: unknown };

/** Asks for a test alert and follows it until it is here. One that comes late is shown all the same. */
export function useTestAlert(): { state: TestAlertState; ask: () => void } {
  const { connection } = useLive();
  const { controller } = useLiveTools();
  const arrived = useStore(controller.testAlerts);
  const [late, setLate] = useState<number | null>(null);
  const asking = useAskTestAlert();
  const { submittedAt, data, error, isIdle } = asking;

  useEffect(() => {
    if (isIdle) return undefined;
    const timer = setTimeout(() => setLate(submittedAt), patience);
    return () => clearTimeout(timer);
  }, [isIdle, submittedAt]);

  const alert = data && arrived.find(({ id }) => id === data.id);
  let state: TestAlertState = { name: 'waiting' };
  if (isIdle) state = { name: 'none' };
  else if (error) state = { name: 'failed', error };
  else if (alert) state = { name: 'arrived', trace: alertTrace(alert, submittedAt, alert.hereAt, connection.clock) };
  else if (late === submittedAt) state = { name: 'late' };
  return { state, ask: () => asking.mutate() };
}
