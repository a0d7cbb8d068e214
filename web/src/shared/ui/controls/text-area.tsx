import type { ComponentProps } from 'react';
import { Field, type FieldProps } from './field';
import classes from './text-area.module.css';

type TextAreaProps = FieldProps & Omit<ComponentProps<'textarea'>, keyof FieldProps | 'className'>;

/** A text of several lines. */
export function TextArea({ id, label, description, error, leftSection, size = 'sm', ...rest }: TextAreaProps) {
  return (
    <Field {...{ id, label, description, error, leftSection, size }}>
      {({ className, ...control }) => (
        <textarea {...rest} {...control} className={`${className ?? ''} ${classes.area}`} />
      )}
    </Field>
  );
}
