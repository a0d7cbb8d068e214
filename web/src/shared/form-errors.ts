import type { Translate } from './i18n/i18n';
import { ApiError } from './http';
import { errorSentence, fieldSentence } from './error-sentence';

/** Where a form shows why the server refused it. */
export interface FormErrors<Field extends string> {
  fields: Partial<Record<Field, string>>;
  /** Said above the button; undefined when every error belongs to a field of the form. */
  form?: string;
}

/** A code whose message is the form's own; without `field` it is said above the button. */
export type CodeMessages<Field extends string> = Record<string, { field?: Field; text: string }>;

/**
 * formErrors maps a refused request to the form: `errors[]` of the problem
 * document to the fields of that name, everything else to one message. `null`
 * is no error. `byCode` has the codes that mean something special here.
 */
export function formErrors<Field extends string>(
  error: unknown,
  fields: readonly Field[],
  t: Translate,
  byCode: CodeMessages<Field> = {},
): FormErrors<Field> {
  if (error === null || error === undefined) return { fields: {} };
  const own = error instanceof ApiError ? byCode[error.code] : undefined;
  if (own !== undefined)
    return own.field === undefined
      ? { fields: {}, form: own.text }
      : { fields: { [own.field]: own.text } as Partial<Record<Field, string>> };
  const named: Partial<Record<Field, string>> = {};
  for (const field of fields) {
    const sentence = fieldSentence(error, field, t);
    if (sentence !== undefined) named[field] = sentence;
  }
  const errors = error instanceof ApiError ? error.errors : [];
  const belongs = (name: string) => fields.some((field) => name === field || name.startsWith(`${field}.`));
  if (errors.length > 0 && errors.every((each) => belongs(each.field))) return { fields: named };
  return { fields: named, form: errorSentence(error, t) };
}
