import type { CallOptions } from './call';
import { authorizedRequest, queryString } from './authorized-request';
import { useWrite } from './write';

// Lists as CSV files that a spreadsheet opens.

interface Exports {
  stock: '/api/v1/exports/stock.csv';
  rentals: '/api/v1/exports/rentals.csv';
  payments: '/api/v1/exports/payments.csv';
  products: '/api/v1/exports/products.csv';
  partners: '/api/v1/exports/partners.csv';
  locations: '/api/v1/exports/locations.csv';
  notifications: '/api/v1/exports/notifications.csv';
  revenue: '/api/v1/exports/revenue.csv';
  audit: '/api/v1/exports/audit.csv';
}

export type ExportName = keyof Exports;
/** What limits the lines of a file; null leaves a value out. */
export type ExportFilter<Name extends ExportName> = NonNullable<CallOptions<Exports[Name], 'get'>['query']>;

/** A file from the server. */
export interface Download {
  name: string;
  content: Blob;
}

/** Milliseconds: a list of any length is read to its end. */
const longest = 10 * 60_000;

/** Reads a list as a file. A file that breaks off is an error: nobody takes it for whole. */
export function useExport<Name extends ExportName>(name: Name, onSuccess: (file: Download) => void) {
  return useWrite<Download, ExportFilter<Name>>(
    {
      send: (filter) =>
        authorizedRequest(
          `/exports/${name}.csv${queryString(filter)}`,
          { headers: { Accept: 'text/csv, application/problem+json' }, deadline: longest },
          async (answer) => ({
            name: fileName(answer.headers.get('Content-Disposition')) ?? `harang-${name}.csv`,
            content: await answer.blob(),
          }),
        ),
    },
    { onSuccess },
  );
}

function fileName(disposition: string | null): string | undefined {
  return /filename="([^"]+)"/.exec(disposition ?? '')?.[1];
}
