import { useId } from 'react';
import classes from './choice-list.module.css';

interface ChoiceListProps<T extends string> {
  label: string;
  hint?: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  testId?: string;
  disabled?: boolean;
}

/**
 * A native select with all its options in sight (on phones the system's own
 * picker): one tap, arrow keys, and read out by every screen reader.
 */
export function ChoiceList<T extends string>({
  label,
  hint,
  value,
  options,
  onChange,
  testId,
  disabled = false,
}: ChoiceListProps<T>) {
  const id = useId();
  const hintId = useId();
  return (
    <div className={classes.field}>
      <label htmlFor={id} className="field-label">
        {label}
      </label>
      <select
        id={id}
        className={classes.list}
        size={Math.max(2, options.length)}
        value={value}
        disabled={disabled}
        data-testid={testId}
        aria-describedby={hint === undefined ? undefined : hintId}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <p id={hintId} className="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}
