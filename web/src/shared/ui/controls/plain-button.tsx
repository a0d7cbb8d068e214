import type { ComponentProps } from 'react';

/** A button without a look of its own; the caller's class gives it one. */
export function PlainButton({ className = '', type = 'button', ...rest }: ComponentProps<'button'>) {
  return <button {...rest} type={type} className={`plain-button ${className}`} />;
}
