import { useRef, useState } from 'react';
import { useTranslation } from '../i18n/i18n';
import classes from './confirm-button.module.css';
import { Button, type ButtonProps } from './controls/button';
import { Popover } from './controls/popover';

interface ConfirmButtonProps {
  label: string;
  /** What the row is about, for those who hear the button's name only. */
  subject?: string;
  question: string;
  confirm: string;
  /** Red confirm button. */
  danger?: boolean;
  variant?: ButtonProps['variant'];
  busy?: boolean;
  onConfirm: () => void;
}

/** A button that asks once, in place, before it acts. */
export function ConfirmButton({
  label,
  subject,
  question,
  confirm,
  danger = false,
  variant = 'default',
  busy = false,
  onConfirm,
}: ConfirmButtonProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <Popover
      opened={open}
      onOpenedChange={setOpen}
      className={classes.ask}
      aria-label={question}
      target={
        <Button
          ref={button}
          variant={variant}
          size="xs"
          loading={busy}
          {...(subject === undefined ? {} : { 'aria-label': `${label}: ${subject}` })}
        >
          {label}
        </Button>
      }
    >
      <p>{question}</p>
      <div>
        <Button
          size="xs"
          danger={danger}
          data-autofocus
          onClick={() => {
            // Now: when the answer takes the button away, the row that stands in for it is known by the focus.
            button.current?.focus();
            setOpen(false);
            onConfirm();
          }}
        >
          {confirm}
        </Button>
        <Button size="xs" variant="default" onClick={() => setOpen(false)}>
          {t('common.cancel')}
        </Button>
      </div>
    </Popover>
  );
}
