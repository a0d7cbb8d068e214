import type { ComponentProps, ReactNode } from 'react';
import classes from './button.module.css';

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: 'filled' | 'default' | 'light' | 'subtle';
  size?: 'xs' | 'sm' | 'md';
  /** For what cannot be undone. */
  danger?: boolean;
  /** Shows a spinner in place of the label; the button does nothing then, but keeps the focus. */
  loading?: boolean;
  fullWidth?: boolean;
  leftSection?: ReactNode;
  rightSection?: ReactNode;
}

export function Button({
  variant = 'filled',
  size = 'sm',
  danger = false,
  loading = false,
  fullWidth = false,
  leftSection,
  rightSection,
  disabled = false,
  type = 'button',
  className = '',
  onClick,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled}
      aria-disabled={loading || undefined}
      // Also keeps a form from being sent twice.
      onClick={loading ? (event) => event.preventDefault() : onClick}
      className={`${classes.button} ${className}`}
      data-variant={danger ? 'danger' : variant}
      data-size={size}
      data-full={fullWidth || undefined}
      data-loading={loading || undefined}
    >
      {leftSection}
      <span className={classes.label}>{children}</span>
      {rightSection}
    </button>
  );
}
