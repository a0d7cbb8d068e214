import type { ResumeState } from './connection-observer.js';
import type { EventPipeline } from './event-pipeline.js';

/** The private id (`pid`) of a connection, and what CONNECT carries so that the next connection resumes it. */
export interface ResumeCredentials {
  readonly pid: string | null;
  /** readPacket takes every packet: the server's CONNECT names the pid. */
  readonly readPacket: (packet: unknown) => void;
  /** sessionReceived: from now on the stock client sends pid and offset by itself. */
  sessionReceived(): void;
  /** payload is what CONNECT carries. */
  payload(token: string): Record<string, string>;
}

/** createResumeCredentials resumes `before` at the pipeline's position or, while that is empty, at its own. */
export function createResumeCredentials(
  before: Pick<ResumeState, 'pid' | 'position'> | null,
  namespace: string,
  pipeline: Pick<EventPipeline, 'position'>,
): ResumeCredentials {
  let pid = before?.pid ?? null;
  let inherited = true;
  return {
    get pid() {
      return pid;
    },
    readPacket(packet) {
      const { type, nsp, data } = packet as { type?: unknown; nsp?: unknown; data?: { pid?: unknown } | null };
      const connect = 0; // Socket.IO protocol 5, "Packet types"
      if (type === connect && nsp === namespace && typeof data?.pid === 'string') pid = data.pid;
    },
    sessionReceived() {
      inherited = false;
    },
    payload(token) {
      const offset = pipeline.position ?? before?.position ?? null;
      return inherited && pid !== null && offset !== null ? { token, pid, offset } : { token };
    },
  };
}
