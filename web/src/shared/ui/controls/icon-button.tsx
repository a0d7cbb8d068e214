import { ActionIcon } from '@mantine/core';
import type { ComponentProps } from 'react';

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'color' | 'style'> {
  variant?: 'default' | 'subtle';
  'aria-label': string;
}

/** A square button that shows an icon alone. */
export function IconButton({ className, ...rest }: IconButtonProps) {
  return <ActionIcon {...(rest as object)} {...(className === undefined ? {} : { className })} />;
}
