import { request } from './http';

/** What went wrong: an uncaught error, an unhandled rejection, or a part of the page that could not be drawn. */
export type ClientErrorKind = 'error' | 'rejection' | 'component';

interface Report {
  kind: ClientErrorKind;
  message: string;
  page: string;
  stack: string[];
}

/** At most this many reports a minute, and each message once in ten minutes. */
const perMinute = 5;
const minute = 60_000;
const repeatAfter = 10 * minute;

/** Messages that browsers make of their own accord and that harm nothing. */
const harmless = /^(AbortError|ResizeObserver loop|Script error)/;

/**
 * createReporter bounds what the page reports of its own failures, and takes out
 * of it what could be personal or secret: texts in quotes, addresses, long numbers, query strings.
 */
export function createReporter(send: (report: Report) => Promise<unknown>, now: () => number = Date.now) {
  const lastSent = new Map<string, number>();
  return (kind: ClientErrorKind, error: unknown): void => {
    const message = messageOf(error);
    if (harmless.test(message)) return;
    const at = now();
    for (const [each, sentAt] of lastSent) if (at - sentAt >= repeatAfter) lastSent.delete(each);
    const recent = [...lastSent.values()].filter((sentAt) => at - sentAt < minute).length;
    if (lastSent.has(message) || recent >= perMinute) return;
    lastSent.set(message, at);
    const page = /^\/[A-Za-z0-9/_-]*$/.test(location.pathname) ? location.pathname.slice(0, 200) : '/';
    // A report that cannot be sent is given up: it must not be the next error.
    send({ kind, message, page, stack: framesOf(error) }).catch(() => undefined);
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error || error instanceof DOMException)) return `thrown ${typeof error}`;
  const text = error.message
    .replace(/\b(reading|setting) '([A-Za-z0-9_$]{1,40})'/g, '$1 $2')
    .replace(/'[^']*'|"[^"]*"|`[^`]*`|“[^”]*”|„[^”]*”/g, '…')
    .replace(/\S+@\S+|\w+:\/\/\S+|\?\S+|\d{4,}|[\w.-]{32,}/g, '…');
  return `${error.name}: ${text}`.slice(0, 250);
}

/** The first frames as `function (file:line:column)`; both forms that browsers write. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return (error.stack ?? '')
    .split('\n')
    .flatMap((line) => {
      const frame = /^\s*(?:at )?(?:([\w$.<> ]*?) ?[(@])?[^\s()@]*?([\w.-]+)(?:\?[^:\s]*)?:(\d+):(\d+)\)?$/.exec(line);
      return frame
        ? [`${frame[1] ?? ''} (${frame[2] ?? ''}:${frame[3] ?? ''}:${frame[4] ?? ''})`.trim().slice(0, 150)]
        : [];
    })
    .slice(0, 5);
}

/** Tells the server that something of this page failed. Never throws. */
export const reportClientError = createReporter((body) => request('/client-errors', { method: 'POST', body }));

/** Reports what nothing else has caught, from now on. */
export function reportUncaught(): void {
  window.addEventListener('error', (event: ErrorEvent) => reportClientError('error', event.error));
  window.addEventListener('unhandledrejection', ({ reason }) => reportClientError('rejection', reason));
}
