import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { rentalQueryOptions } from '../../api/rentals';
import type { Rental } from '../../shared/model';

/** How often a rental that waits for payment is read, milliseconds: its outcome may come from elsewhere. */
const period = 5000;

export interface FollowedRental {
  rental: Rental | null;
  /** Reads it now. */
  check: () => void;
  checking: boolean;
  /** Why it could not be read when somebody asked. */
  checkError: Error | null;
  /** When it was last read, epoch milliseconds. */
  checkedAt: number;
}

/** A rental as it was created or changed here; while it waits for payment, as the server has it. */
export function useFollowedRental(created: Rental | null): FollowedRental {
  const [checking, setChecking] = useState(false);
  const [checkError, setCheckError] = useState<Error | null>(null);
  const waiting = created?.status === 'AWAITING_PAYMENT';
  const query = useQuery({
    ...rentalQueryOptions(created?.id ?? ''),
    enabled: waiting,
    refetchInterval: ({ state }) => (state.data && state.data.status !== 'AWAITING_PAYMENT' ? false : period),
  });
  return {
    rental: waiting ? (query.data ?? created) : created,
    check: () => {
      setChecking(true);
      void query.refetch().then(({ error }) => {
        setChecking(false);
        setCheckError(error);
      });
    },
    checking,
    checkError: waiting ? checkError : null,
    checkedAt: query.dataUpdatedAt,
  };
}
