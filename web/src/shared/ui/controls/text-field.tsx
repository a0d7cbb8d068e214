import { PasswordInput, TextInput } from '@mantine/core';
import type { ComponentProps, ReactNode } from 'react';

export interface FieldProps {
  label?: ReactNode;
  /** A hint below the label. */
  description?: ReactNode;
  /** What is wrong with the value; read out with the field. */
  error?: ReactNode;
  leftSection?: ReactNode;
  size?: 'sm' | 'md';
}

type TextFieldProps = FieldProps & Omit<ComponentProps<'input'>, keyof FieldProps | 'style'>;

const given = (className: string | undefined) => (className === undefined ? {} : { className });

export function TextField({ className, ...rest }: TextFieldProps) {
  return <TextInput {...(rest as object)} {...given(className)} />;
}

/** A password, with a button that shows it. */
export function PasswordField({ className, ...rest }: Omit<TextFieldProps, 'type'>) {
  return <PasswordInput {...(rest as object)} {...given(className)} />;
}
