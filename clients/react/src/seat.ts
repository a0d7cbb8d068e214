import type { Inbox } from './inbox.js';
import { namespace } from './manager.js';
import type { Handover } from './outlet.js';

/** The name of a line's seat, and how the next line shows that it goes on with it. */
export interface Seat {
  readonly pid: string | null;
  /** hear takes every packet: the server's CONNECT names the seat. */
  readonly hear: (packet: unknown) => void;
  /** settle: the session has come, the stock client knows seat and place by itself from now on. */
  settle(): void;
  /** credentials is what CONNECT carries. */
  credentials(token: string): Record<string, string>;
}

/** createSeat goes on with the seat of the line before, at the inbox's place or, when it is still empty, at that line's. */
export function createSeat(before: Pick<Handover, 'pid' | 'position'> | null, inbox: Pick<Inbox, 'position'>): Seat {
  let name = before?.pid ?? null;
  let inherited = true;
  return {
    get pid() {
      return name;
    },
    hear(packet) {
      const { type, nsp, data } = packet as { type?: unknown; nsp?: unknown; data?: { pid?: unknown } | null };
      const connect = 0; // Socket.IO protocol 5, "Packet types"
      if (type === connect && nsp === namespace && typeof data?.pid === 'string') name = data.pid;
    },
    settle() {
      inherited = false;
    },
    credentials(token) {
      const offset = inbox.position ?? before?.position ?? null;
      return inherited && name !== null && offset !== null ? { token, pid: name, offset } : { token };
    },
  };
}
