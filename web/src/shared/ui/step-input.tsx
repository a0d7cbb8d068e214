import { IconMinus, IconPlus } from '@tabler/icons-react';
import { type KeyboardEvent, type Ref, useId } from 'react';
import classes from './step-input.module.css';

interface StepInputProps {
  label: string;
  less: string;
  more: string;
  /** As typed; the owner decides what is a number. */
  value: string;
  onChange: (value: string) => void;
  min?: number;
  max?: number;
  error?: string | undefined;
  placeholder?: string;
  testId?: string;
  inputRef?: Ref<HTMLInputElement>;
}

/** A whole number with a button on either side, wide enough for a thumb. */
export function StepInput({
  label,
  less,
  more,
  value,
  onChange,
  min,
  max,
  error,
  placeholder,
  testId,
  inputRef,
}: StepInputProps) {
  const errorId = useId();
  const number = value.trim() === '' ? 0 : Number(value);
  const step = (by: number) => {
    const next = (Number.isFinite(number) ? Math.trunc(number) : 0) + by;
    onChange(String(Math.min(max ?? Infinity, Math.max(min ?? -Infinity, next))));
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowUp') step(1);
    else if (event.key === 'ArrowDown') step(-1);
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes.wrap}>
      <div className={classes.step} data-error={error !== undefined || undefined}>
        <button type="button" aria-label={less} disabled={min !== undefined && number <= min} onClick={() => step(-1)}>
          <IconMinus size={16} aria-hidden />
        </button>
        <input
          ref={inputRef}
          type="text"
          inputMode={min !== undefined && min >= 0 ? 'numeric' : 'text'}
          autoComplete="off"
          aria-label={label}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : errorId}
          placeholder={placeholder}
          value={value}
          data-testid={testId}
          data-number
          onChange={(event) => onChange(event.currentTarget.value)}
          onKeyDown={handleKey}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" aria-label={more} disabled={max !== undefined && number >= max} onClick={() => step(1)}>
          <IconPlus size={16} aria-hidden />
        </button>
      </div>
      {error !== undefined && (
        <p id={errorId} className="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** The whole number in a field, or null. Accepts a leading plus and the typographic minus. */
export function wholeNumber(text: string): number | null {
  const plain = text.trim().replace('−', '-');
  return /^[+-]?\d{1,9}$/.test(plain) ? Number(plain) : null;
}
