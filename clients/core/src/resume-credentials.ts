import type { EventPipeline } from './event-pipeline.js';
import { namespace } from './manager.js';
import type { ResumeState } from './connection-observer.js';

/** The name of a line's seat, and how the next line shows that it goes on with it. */
export interface ResumeCredentials {
  readonly pid: string | null;
  /** hear takes every packet: the server's CONNECT names the seat. */
  readonly hear: (packet: unknown) => void;
  /** settle: the session has come, the stock client knows seat and place by itself from now on. */
  settle(): void;
  /** credentials is what CONNECT carries. */
  credentials(token: string): Record<string, string>;
}

/** createResumeCredentials goes on with the seat of the line before, at the pipeline's place or, when it is still empty, at that line's. */
export function createResumeCredentials(before: Pick<ResumeState, 'pid' | 'position'> | null, pipeline: Pick<EventPipeline, 'position'>): ResumeCredentials {
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
      const offset = pipeline.position ?? before?.position ?? null;
      return inherited && name !== null && offset !== null ? { token, pid: name, offset } : { token };
    },
  };
}
