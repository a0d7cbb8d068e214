import type { Message } from './event-pipeline.js';
import { parseClaim, parseNewLogin, parseNotificationCount, parseTestAlert } from './server-messages.js';

/** readAccountMessage reads what the server sends outside the feed; null for an unknown name or a malformed payload. */
export function readAccountMessage(name: string, payload: unknown): Message | null {
  switch (name) {
    case 'notifications': {
      const count = parseNotificationCount(payload);
      return count && { kind: 'notifications', count };
    }
    case 'claim': {
      const claim = parseClaim(payload);
      return claim && { kind: 'claim', claim };
    }
    case 'test_alert': {
      const alert = parseTestAlert(payload);
      return alert && { kind: 'testAlert', alert };
    }
    case 'new_login': {
      const login = parseNewLogin(payload);
      return login && { kind: 'newLogin', login };
    }
    default:
      return null;
  }
}
