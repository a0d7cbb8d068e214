import { QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { LiveProvider } from '../live/live-provider';
import { useClock } from '../shared/clock';
import { toDateField } from '../shared/format';
import { refreshAfterTrade } from '../api/refresh';
import { createQueryClient } from '../api/query-client';
import { preloadPages } from './lazy-page';
import { Reauthentication } from './reauthentication';
import { Shell } from './shell/shell';

/** Made anew for each user and role, so that nothing of one reaches the next. */
export function SignedInAs() {
  const [client] = useState(createQueryClient);
  useEffect(() => {
    // What cannot be loaded now says so when it is opened.
    preloadPages().catch(() => undefined);
  }, []);
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>
        <NewDay />
        <Shell />
        <Reauthentication />
      </LiveProvider>
    </QueryClientProvider>
  );
}

/** At the shop's midnight every figure of "today" is another day's. */
function NewDay() {
  const client = useQueryClient();
  const day = useClock(toDateField);
  const before = useRef(day);
  useEffect(() => {
    if (before.current === day) return;
    before.current = day;
    void refreshAfterTrade(client);
  }, [day, client]);
  return null;
}
