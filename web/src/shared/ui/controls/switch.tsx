import { useId } from 'react';
import classes from './switch.module.css';

interface SwitchProps {
  label: string;
  description: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off at once, its label at the left. */
export function Switch({ label, description, checked, onChange }: SwitchProps) {
  const id = useId();
  const hint = `${id}-hint`;
  return (
    <label className={classes.switch} htmlFor={id}>
      <span className={classes.words}>
        <span>{label}</span>
        <small id={hint}>{description}</small>
      </span>
      <input
        id={id}
        type="checkbox"
        role="switch"
        className={classes.input}
        aria-label={label}
        aria-describedby={hint}
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
