import { type ReactNode, useId } from 'react';
import classes from './field.module.css';

export interface FieldProps {
  label?: ReactNode;
  /** A hint between the label and the field. */
  description?: ReactNode;
  /** What is wrong with the value; read out with the field. */
  error?: ReactNode;
  /** An icon in the field, before the value. */
  leftSection?: ReactNode;
  size?: 'sm' | 'md';
}

/** What the element that takes the value is given. */
export interface FieldControl {
  id: string;
  className: string | undefined;
  'aria-invalid': true | undefined;
  'aria-describedby': string | undefined;
}

interface FieldFrameProps extends FieldProps {
  id?: string | undefined;
  className?: string | undefined;
  /** At the field's end, over the value's room. */
  rightSection?: ReactNode;
  children: (control: FieldControl) => ReactNode;
}

/** The label, hint, frame and error round a field. */
export function Field({
  id,
  label,
  description,
  error,
  leftSection,
  rightSection,
  size = 'sm',
  className = '',
  children,
}: FieldFrameProps) {
  const own = useId();
  const fieldId = id ?? own;
  const hasError = error !== undefined && error !== null && error !== false && error !== '';
  const hintId = description === undefined ? undefined : `${fieldId}-hint`;
  const errorId = hasError ? `${fieldId}-error` : undefined;
  return (
    <div className={`${classes.field} ${className}`} data-size={size}>
      {label !== undefined && (
        <label htmlFor={fieldId} className="field-label">
          {label}
        </label>
      )}
      {description !== undefined && (
        <p id={hintId} className="field-hint">
          {description}
        </p>
      )}
      <div className={classes.frame}>
        {leftSection !== undefined && <span className={classes.left}>{leftSection}</span>}
        {children({
          id: fieldId,
          className: classes.input,
          'aria-invalid': hasError || undefined,
          'aria-describedby': [errorId, hintId].filter(Boolean).join(' ') || undefined,
        })}
        {rightSection !== undefined && <span className={classes.right}>{rightSection}</span>}
      </div>
      {hasError && (
        <p id={errorId} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}
