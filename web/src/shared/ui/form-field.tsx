import { type FieldElement, type FormSchema, type FormStore, useField } from '@formisch/react';
import type { ChangeEventHandler, FocusEventHandler, ReactElement, Ref } from 'react';
import type { InferInput } from 'valibot';
import { type MessageKey, messageOf, type Namespaces, useLanguage } from '../i18n/i18n';

/** A message of a schema: a key, translated where the field is shown. */
export function message(key: MessageKey): MessageKey {
  return key;
}

/** What a text control needs to be a field of a form. */
interface ControlProps {
  name: string;
  ref: Ref<never>;
  value: string;
  error: string | undefined;
  onChange: ChangeEventHandler<FieldElement>;
  onBlur: FocusEventHandler<FieldElement>;
  onFocus: FocusEventHandler<FieldElement>;
}

interface FormFieldProps<Schema extends FormSchema> {
  of: FormStore<Schema>;
  name: keyof InferInput<Schema> & string;
  /** The server's message for this field; the schema's goes first. */
  refusal?: string | undefined;
  /** What the control shows while the field is null. */
  unset?: string;
  /** `setValue` is for controls that hand on a value instead of an event. */
  children: (control: ControlProps, setValue: (value: string) => void) => ReactElement;
}

/** Connects a text control to a field of a form. Messages appear once the form was submitted. */
export function FormField<Schema extends FormSchema>({
  of,
  name,
  refusal,
  unset = '',
  children,
}: FormFieldProps<Schema>) {
  const language = useLanguage();
  const field = useField<FormSchema, [string]>(of, { path: [name] as never });
  const key = field.errors?.[0];
  const { ref, onChange, onBlur, onFocus } = field.props;
  const control = {
    name,
    ref,
    value: typeof field.input === 'string' ? field.input : unset,
    error: key === undefined ? refusal : translate(key, language),
    onChange,
    onBlur,
    onFocus,
  };
  return children(control, field.onChange);
}

function translate(key: string, language: 'hu' | 'en'): string {
  const [namespace = '', path = ''] = key.split(':');
  return messageOf(namespace as keyof Namespaces, path, { language }) ?? key;
}

/** Why the server refused a form, above its button; nothing without a message. */
export function FormError({ children }: { children: string | undefined }) {
  return (
    children !== undefined && (
      <p className="field-error" role="alert">
        {children}
      </p>
    )
  );
}
