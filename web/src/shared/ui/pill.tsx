import {
  IconAlertTriangleFilled,
  IconArrowBackUp,
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconClockFilled,
  IconCreditCard,
  IconCaretDownFilled,
  IconPackageExport,
  IconReceiptRefund,
  IconSquareRotatedFilled,
  IconX,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { useTranslation } from '../i18n/i18n';
import type { PaymentStatus, RentalStatus, Severity } from '../model';
import classes from './pill.module.css';

export type Tone = 'red' | 'amber' | 'green' | 'plain';
type Icon = ComponentType<{ size?: number; 'aria-hidden'?: boolean }>;

/** A meaning as colour, shape and word together. */
export function Pill({ tone, icon: Shape, children }: { tone: Tone; icon?: Icon; children: ReactNode }) {
  return (
    <span className={classes.pill} data-tone={tone}>
      {Shape && <Shape size={12} aria-hidden />}
      {children}
    </span>
  );
}

const severities: Record<Severity, [Tone, Icon]> = {
  CRITICAL: ['red', IconCaretDownFilled],
  WARNING: ['amber', IconSquareRotatedFilled],
  OK: ['green', IconCircleCheckFilled],
};

export function SeverityPill({ severity }: { severity: Severity }) {
  const { t } = useTranslation();
  const [tone, icon] = severities[severity];
  return (
    <Pill tone={tone} icon={icon}>
      {t(`severity.${severity}`)}
    </Pill>
  );
}

const rentalStatuses: Record<RentalStatus, [Tone, Icon]> = {
  AWAITING_PAYMENT: ['amber', IconCreditCard],
  OPEN: ['green', IconPackageExport],
  OVERDUE: ['red', IconAlertTriangleFilled],
  RETURNED: ['plain', IconArrowBackUp],
  CANCELLED: ['plain', IconX],
};

export function RentalPill({ status }: { status: RentalStatus }) {
  const { t } = useTranslation();
  const [tone, icon] = rentalStatuses[status];
  return (
    <Pill tone={tone} icon={icon}>
      {t(`rentalStatus.${status}`)}
    </Pill>
  );
}

const paymentStatuses: Record<PaymentStatus, [Tone, Icon]> = {
  PENDING: ['amber', IconClockFilled],
  SUCCEEDED: ['green', IconCircleCheckFilled],
  DECLINED: ['red', IconCircleXFilled],
  REVERSED: ['plain', IconReceiptRefund],
};

export function PaymentPill({ status }: { status: PaymentStatus }) {
  const { t } = useTranslation();
  const [tone, icon] = paymentStatuses[status];
  return (
    <Pill tone={tone} icon={icon}>
      {t(`paymentStatus.${status}`)}
    </Pill>
  );
}
