import { IconChevronDown } from '@tabler/icons-react';
import type { ComponentProps } from 'react';
import { Field, type FieldProps } from './field';

export interface Option {
  value: string;
  label: string;
  /** What distinguishes it from another one with this label; shown by a Combobox only. */
  hint?: string;
}

interface SelectFieldProps extends FieldProps, Omit<ComponentProps<'select'>, keyof FieldProps> {
  options: readonly Option[];
}

/** One of a few values, from the browser's own list. */
export function SelectField({
  id,
  label,
  description,
  error,
  leftSection,
  size = 'sm',
  className,
  options,
  ...rest
}: SelectFieldProps) {
  return (
    <Field
      {...{ id, label, description, error, leftSection, size, className }}
      rightSection={<IconChevronDown size={16} stroke={1.8} aria-hidden />}
    >
      {(control) => (
        <select {...rest} {...control}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
