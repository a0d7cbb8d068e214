import { useId } from 'react';
import { useChosenInView } from '../chosen-in-view';
import classes from './segmented.module.css';

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  /** A count is shown from 1 on. Where one may come it has its place before, so that nothing moves: null. */
  options: readonly { value: T; label: string; count?: number | null | undefined }[];
  onChange: (value: T) => void;
}

/** One of a few, always in sight: radio buttons in a row, which scrolls when there is no room. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  const name = useId();
  return (
    <div ref={useChosenInView(value)} className={classes.segmented} role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} className={classes.option}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.count !== undefined && <small hidden={!option.count}>{option.count ?? 0}</small>}
          </span>
        </label>
      ))}
    </div>
  );
}
