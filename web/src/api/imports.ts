import type { Answer } from './call';
import { authorizedRequest, queryString } from './authorized-request';
import { keys, tradeKeys } from './keys';
import { useWrite, type WriteHandlers } from './write';

// A catalogue and its stock from a CSV file.

/** What a file changes, or has changed, and what is wrong with it. */
export type ImportReport = Answer<'/api/v1/imports', 'post'>;
export type ImportChange = NonNullable<ImportReport['changes']>[number];
export type ImportProblem = NonNullable<ImportReport['problems']>[number];

/** Bytes that a file may have. */
export const importLimit = 4 << 20;

/** Milliseconds: a file is written in many small transactions. */
const longest = 10 * 60_000;

function send(file: Blob, dryRun: boolean): Promise<ImportReport> {
  return authorizedRequest<ImportReport>(`/imports${queryString({ dryRun: dryRun || null })}`, {
    method: 'POST',
    body: file,
    headers: { 'Content-Type': 'text/csv' },
    deadline: longest,
  });
}

/** Asks what a file would change; nothing is written. */
export function usePreviewImport() {
  return useWrite<ImportReport, Blob>({ send: (file) => send(file, true) });
}

const changed = [keys.products, keys.locations, keys.partners, ...tradeKeys];

/** Writes a file. After an interruption the same file again goes on where it stopped. */
export function useImport(handlers?: WriteHandlers<ImportReport, Blob>) {
  return useWrite<ImportReport, Blob>(
    // A broken import has written a part.
    { send: (file) => send(file, false), refresh: changed, refreshOnError: changed },
    handlers,
  );
}
