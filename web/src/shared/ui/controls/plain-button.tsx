import type { ComponentProps } from 'react';
import classes from './plain-button.module.css';

/** A button without a look of its own; the caller's class gives it one. */
export function PlainButton({ className = '', type = 'button', ...rest }: ComponentProps<'button'>) {
  return <button {...rest} type={type} className={`${classes.button} ${className}`} />;
}
