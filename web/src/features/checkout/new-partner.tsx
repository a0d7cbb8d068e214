import { useCreatePartner } from '../../api/partners';
import { PartnerForm } from '../../domain/partners/partner-form';
import type { Partner } from '../../shared/model';

interface NewPartnerProps {
  known: { name?: string; phone?: string };
  onFound: (partner: Partner) => void;
}

/** Adds the partner of a checkout, or takes the one that is there with the same phone number. */
export function NewPartner({ known, onFound }: NewPartnerProps) {
  const save = useCreatePartner({
    onSuccess: ({ samePhone: _, ...partner }) => onFound({ ...partner, owedAmount: 0, lastRentalAt: null }),
  });
  return (
    // The window is part of the checkout's form, which is not meant.
    <div onSubmit={(event) => event.stopPropagation()}>
      <PartnerForm partner={null} known={known} save={save} onChoose={onFound} />
    </div>
  );
}
