import type { Message } from './event-pipeline.js';
import { parseClaim, parseNotificationCount, parseTestAlert } from './server-messages.js';

/** dispatchAccountMessage tells what needs no state of the line, and whether the message was of that kind. */
export function dispatchAccountMessage(tell: (message: Message) => void, name: string, payload: unknown): boolean {
  switch (name) {
    case 'notifications': {
      const count = parseNotificationCount(payload);
      if (count) tell({ kind: 'notifications', count });
      return true;
    }
    case 'claim': {
      const claim = parseClaim(payload);
      if (claim) tell({ kind: 'claim', claim });
      return true;
    }
    case 'test_alert': {
      const alert = parseTestAlert(payload);
      if (alert) tell({ kind: 'testAlert', alert });
      return true;
    }
    default:
      return false;
  }
}
