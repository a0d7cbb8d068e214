import type { Listeners } from './listeners.js';
import type { ConnectionEvents } from './options.js';
import { parseClaim, parseNotificationCount, parseTestAlert } from './wire.js';

/** passOn tells listeners what needs no state of ours, and whether the message was of that kind. */
export function passOn(listeners: Pick<Listeners<ConnectionEvents>, 'emit'>, name: string, payload: unknown): boolean {
  switch (name) {
    case 'notifications': {
      const count = parseNotificationCount(payload);
      if (count) listeners.emit('notifications', count);
      return true;
    }
    case 'claim': {
      const claim = parseClaim(payload);
      if (claim) listeners.emit('claim', claim);
      return true;
    }
    case 'test_alert': {
      const alert = parseTestAlert(payload);
      if (alert) listeners.emit('testAlert', alert);
      return true;
    }
    default:
      return false;
  }
}
