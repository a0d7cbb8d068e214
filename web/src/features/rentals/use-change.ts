import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { isConclusive } from '../../api/idempotency-key';
import { changePreviewQueryOptions, type RentalChange, useChangeRental } from '../../api/rental-changes';
import type { Rental } from '../../shared/model';

/** A change that is filled in: what it would do, and how it is made. */
export interface ChangeState {
  /** The rental as it would be; undefined until that is known for what is filled in now. */
  after: Rental | undefined;
  /** Why it is not known. */
  previewError: Error | null;
  retryPreview: () => void;
  /** The request is on its way, or the lists are being read after it. */
  busy: boolean;
  error: Error | null;
  /** The answer was lost. Only the same request may be sent again: it is answered, and nothing is done twice. */
  unsettled: boolean;
  submit: () => void;
}

/** What the forms of a change are given. */
export interface ChangeFormProps {
  rental: Rental;
  /** The rental was read for this window. */
  ready: boolean;
  onDone: (before: Rental, after: Rental) => void;
  onCancel: () => void;
}

/** Previews a change, null when nothing valid is filled in, and makes it. */
export function useChange(
  { rental, ready, onDone }: Pick<ChangeFormProps, 'rental' | 'ready' | 'onDone'>,
  change: RentalChange | null,
): ChangeState {
  // The rental as it was when the request was first sent: it may be read again before the answer is here.
  const before = useRef(rental);
  const write = useChangeRental(rental.id, { onSuccess: (after) => onDone(before.current, after) });
  const unsettled = write.isError && !isConclusive(write.error);
  const preview = useQuery({
    ...changePreviewQueryOptions(rental.id, change ?? { kind: 'cancel' }),
    enabled: change !== null && !unsettled && !write.isPending && !write.isSuccess,
  });
  const known = ready && change !== null && !preview.isFetching;
  const after = known && !preview.isError ? preview.data : undefined;
  return {
    after,
    previewError: known ? preview.error : null,
    retryPreview: () => void preview.refetch(),
    busy: write.isPending,
    error: write.error,
    unsettled,
    submit: () => {
      if (write.isPending) return;
      if (unsettled) {
        write.mutate(write.variables);
      } else if (change !== null && after !== undefined) {
        before.current = rental;
        write.mutate(change.kind === 'extend' ? { ...change, expectedTotal: after.totalValue } : change);
      }
    },
  };
}
