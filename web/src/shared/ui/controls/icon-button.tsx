import type { ComponentProps } from 'react';
import classes from './icon-button.module.css';

interface IconButtonProps extends ComponentProps<'button'> {
  variant?: 'default' | 'subtle';
  'aria-label': string;
}

/** A square button that shows an icon alone. */
export function IconButton({ variant = 'default', type = 'button', className = '', ...rest }: IconButtonProps) {
  return <button {...rest} type={type} className={`${classes.button} ${className}`} data-variant={variant} />;
}
