import { Button, type ButtonProps, Popover } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './confirm-button.module.css';

interface ConfirmButtonProps {
  label: string;
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
    <Popover opened={open} onChange={setOpen} trapFocus withRoles position="bottom-end" returnFocus>
      <Popover.Target>
        <Button ref={button} variant={variant} size="xs" loading={busy} onClick={() => setOpen((before) => !before)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.ask} aria-label={question}>
        <p>{question}</p>
        <div>
          <Button
            size="xs"
            {...(danger ? { color: 'red' } : {})}
            data-autofocus
            onClick={() => {
              // Now: once it is busy it takes no focus, and the row that stands in for it would not be known.
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
      </Popover.Dropdown>
    </Popover>
  );
}
