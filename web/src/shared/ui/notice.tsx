import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { PlainButton } from './controls/plain-button';
import classes from './notice.module.css';

interface NoticeProps {
  tone: 'plain' | 'green' | 'red';
  icon: ReactNode;
  /** The label of the button that takes it away. */
  closeLabel: string;
  onClose: () => void;
  testId?: string;
  children: ReactNode;
}

/** A line that stays until somebody has read it; a red one is read out at once. */
export function Notice({ tone, icon, closeLabel, onClose, testId, children }: NoticeProps) {
  return (
    <div className={classes.notice} data-tone={tone} data-testid={testId}>
      <span className={classes.icon} aria-hidden>
        {icon}
      </span>
      <p className={classes.text} role={tone === 'red' ? 'alert' : 'status'}>
        {children}
      </p>
      <PlainButton className={classes.close} aria-label={closeLabel} onClick={onClose}>
        <IconX size={18} stroke={1.8} aria-hidden />
      </PlainButton>
    </div>
  );
}
