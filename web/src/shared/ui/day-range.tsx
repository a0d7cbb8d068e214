import { IconCalendar } from '@tabler/icons-react';
import { useState } from 'react';
import { Button } from './controls/button';
import { TextField } from './controls/text-field';
import classes from './day-range.module.css';

/** The first and the last day (2026-03-02), both included; undefined for no limit. */
export interface Days {
  from: string | undefined;
  to: string | undefined;
}

interface DayRangeProps extends Days {
  /** What the button that shows the rest says. */
  title: string;
  fromLabel: string;
  toLabel: string;
  /** Said when the last day is before the first. */
  disordered: string;
  /** Days that one button chooses. */
  quick: readonly (Days & { label: string })[];
  onChange: (days: Days) => void;
}

/** Days that limit a list: a few by a button, others by their dates. Behind a button until it is wanted. */
export function DayRange({ from, to, title, fromLabel, toLabel, disordered, quick, onChange }: DayRangeProps) {
  const chosen = from !== undefined || to !== undefined;
  const [opened, setOpened] = useState(chosen);
  const dayOf = (value: string) => (value === '' ? undefined : value);
  return (
    <>
      <Button
        variant={chosen ? 'light' : 'default'}
        leftSection={<IconCalendar size={18} stroke={1.7} aria-hidden />}
        aria-expanded={opened}
        data-testid="day-range"
        onClick={() => setOpened((before) => !before)}
      >
        {title}
      </Button>
      {opened && (
        <div className={classes.days} role="group" aria-label={title}>
          {quick.map((days) => (
            <Button
              key={days.label}
              size="xs"
              variant={days.from === from && days.to === to ? 'light' : 'default'}
              aria-pressed={days.from === from && days.to === to}
              onClick={() => onChange({ from: days.from, to: days.to })}
            >
              {days.label}
            </Button>
          ))}
          <TextField
            type="date"
            label={fromLabel}
            value={from ?? ''}
            onChange={(event) => onChange({ from: dayOf(event.currentTarget.value), to })}
          />
          <TextField
            type="date"
            label={toLabel}
            value={to ?? ''}
            error={from !== undefined && to !== undefined && from > to ? disordered : undefined}
            onChange={(event) => onChange({ from, to: dayOf(event.currentTarget.value) })}
          />
        </div>
      )}
    </>
  );
}
