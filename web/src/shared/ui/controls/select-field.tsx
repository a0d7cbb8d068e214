import { NativeSelect } from '@mantine/core';
import type { ComponentProps } from 'react';
import type { FieldProps } from './text-field';

export interface Option {
  value: string;
  label: string;
}

interface SelectFieldProps extends FieldProps, Omit<ComponentProps<'select'>, keyof FieldProps | 'style'> {
  options: readonly Option[];
}

/** One of a few values, from the browser's own list. */
export function SelectField({ className, options, ...rest }: SelectFieldProps) {
  return <NativeSelect {...(rest as object)} data={[...options]} {...(className === undefined ? {} : { className })} />;
}
