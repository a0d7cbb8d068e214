import { Switch as LibrarySwitch } from '@mantine/core';
import classes from './switch.module.css';

interface SwitchProps {
  label: string;
  description: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off at once, its label at the left. */
export function Switch({ label, description, checked, onChange }: SwitchProps) {
  return (
    <LibrarySwitch
      aria-label={label}
      checked={checked}
      onChange={(event) => onChange(event.currentTarget.checked)}
      label={label}
      description={description}
      labelPosition="left"
      size="md"
      classNames={{ body: classes.body, labelWrapper: classes.label, track: classes.track }}
    />
  );
}
