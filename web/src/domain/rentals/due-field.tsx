import type { ReactNode } from 'react';
import { useNow } from '../../shared/clock';
import { formatTime, toDateField } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { TextField } from '../../shared/ui/controls/text-field';
import { dueMoment } from './due';
import classes from './due-field.module.css';
import './messages';
import { splitDue } from './return-instant';

interface DueFieldProps {
  /** A day, or a day with a time that was chosen: `2026-11-25T15:30`. */
  value: string;
  /** What returnInstant makes of the value. */
  dueAt: string | null;
  label: string;
  /** The first day that can be chosen. */
  min: string;
  error?: string | undefined;
  testId: string;
  onChange: (due: string) => void;
  /** Beside the fields: quick choices. */
  children?: ReactNode;
}

/** The day and the time of a rental's end. The time follows the day, until another one is chosen. */
export function DueField({ value, dueAt, label, min, error, testId, onChange, children }: DueFieldProps) {
  const { t } = useTranslation('rental');
  const language = useLanguage();
  const now = useNow();
  const { day, time } = splitDue(value);
  // The location may be closed on the chosen day.
  const dueDay = dueAt === null ? day : toDateField(new Date(dueAt));
  return (
    <div className={classes.due}>
      <TextField
        data-testid={testId}
        type="date"
        label={label}
        min={min}
        value={day}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <TextField
        data-testid={`${testId}-time`}
        type="time"
        label={t('due.time')}
        value={dueAt === null ? '' : formatTime(dueAt, 'hu')}
        disabled={dueAt === null}
        onChange={({ currentTarget }) =>
          onChange(currentTarget.value === '' ? day : `${dueDay}T${currentTarget.value}`)
        }
      />
      {children}
      {dueAt !== null && (
        <p className="field-hint" role="status" data-testid={`${testId}-moment`}>
          {t(time === null && dueDay !== day ? 'due.closed' : 'due.moment', { when: dueMoment(dueAt, language, now) })}
        </p>
      )}
    </div>
  );
}
