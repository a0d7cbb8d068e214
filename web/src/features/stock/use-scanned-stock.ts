import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { stockOfCodeQueryOptions } from '../../api/stock';
import { ApiError } from '../../shared/http';
import type { StockListItem } from '../../shared/model';
import { useScanner } from '../../shared/scanner';

export interface ScannedStock {
  /** Another number for each scan. */
  id: number;
  /** What was read; null when nothing was, or it was dismissed. */
  code: string | null;
  state: 'looking' | 'found' | 'elsewhere' | 'unknown' | 'failed';
  error: Error | null;
  /** The rows of the product: of the chosen location, else of the others. */
  items: readonly StockListItem[];
  retry: () => void;
  clear: () => void;
}

/** The product that was scanned last, wherever the focus was. */
export function useScannedStock(locationId: string | null): ScannedStock {
  const [scan, setScan] = useState<{ id: number; code: string | null }>({ id: 0, code: null });
  const query = useQuery({
    ...stockOfCodeQueryOptions(scan.code ?? '', null),
    enabled: scan.code !== null,
    staleTime: 0,
  });
  useScanner((code) => {
    // Another code is read by its own query; the same one again, because the answer may be another one now.
    if (code === scan.code) void query.refetch();
    setScan(({ id }) => ({ id: id + 1, code }));
  });
  const all = scan.code === null ? [] : (query.data?.items ?? []);
  const here = all.filter((item) => locationId === null || item.locationId === locationId);
  const items = here.length > 0 ? here : all;
  // A text that cannot be a code at all is refused.
  const refused = query.error instanceof ApiError && query.error.code === 'INVALID_REQUEST';
  return {
    ...scan,
    state:
      items.length > 0
        ? here.length > 0
          ? 'found'
          : 'elsewhere'
        : query.data !== undefined || refused
          ? 'unknown'
          : query.error !== null
            ? 'failed'
            : 'looking',
    error: query.error,
    items,
    retry: () => void query.refetch(),
    clear: () => setScan(({ id }) => ({ id, code: null })),
  };
}
