import { Button as LibraryButton } from '@mantine/core';
import type { ComponentProps, ReactNode } from 'react';

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'color'> {
  variant?: 'filled' | 'default' | 'light' | 'subtle';
  size?: 'xs' | 'sm' | 'md';
  /** For what cannot be undone. */
  danger?: boolean;
  /** Shows a spinner and takes no clicks. */
  loading?: boolean;
  fullWidth?: boolean;
  leftSection?: ReactNode;
  rightSection?: ReactNode;
}

export function Button({ danger = false, type = 'button', className, ...rest }: ButtonProps) {
  return (
    <LibraryButton
      {...(rest as object)}
      type={type}
      {...(className === undefined ? {} : { className })}
      {...(danger ? { color: 'red' } : {})}
    />
  );
}
