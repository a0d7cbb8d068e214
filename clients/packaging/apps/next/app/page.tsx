import { describeEvent } from '@harang/react';
import { Bell } from './bell';

// The packages can be imported on the server; what has state runs in the browser.
const example = describeEvent(
  { eventId: 'e', timestamp: '2026-02-04T14:00:00.000Z', type: 'door_opened', data: {} },
  'en',
);

export default function Page() {
  return (
    <main>
      <Bell />
      <p>{example.title}</p>
    </main>
  );
}
