import { Form, useForm } from '@formisch/react';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import '../features/sign-in/messages';
import '../features/stock/messages';
import { formErrors } from './form-errors';
import { ApiError } from './http';
import { chooseLanguage, translator } from './i18n/i18n';
import { FormError, FormField, message } from './ui/form-field';

const schema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('signIn:emailMissing'))),
  note: v.pipe(v.string(), v.maxLength(3, message('stock:reasonInvalid'))),
});

const invalid = (...fields: string[]) =>
  new ApiError(422, 'INVALID_REQUEST', 'x', {
    errors: fields.map((field) => ({ field, detail: `${field} is not accepted` })),
  });

describe('form', () => {
  function Example({ error = null, onSubmit }: { error?: unknown; onSubmit: (output: object) => void }) {
    const form = useForm({ schema, initialInput: { name: '', note: '' } });
    const refusal = formErrors(error, ['name', 'note'], translator('hu', 'page'));
    return (
      <Form of={form} onSubmit={onSubmit}>
        {(['name', 'note'] as const).map((name) => (
          <FormField key={name} of={form} name={name} refusal={refusal.fields[name]}>
            {({ error: problem, ...control }) => (
              <label>
                {name}
                <input {...control} />
                <output data-testid={name}>{problem}</output>
              </label>
            )}
          </FormField>
        ))}
        <FormError>{refusal.form}</FormError>
        <button type="submit">ok</button>
      </Form>
    );
  }

  it('shows messages once it was submitted, focuses the first field with one, and hands on what the schema makes', async () => {
    const user = userEvent.setup();
    const onSubmit = vi.fn();
    render(<Example onSubmit={onSubmit} />);
    await user.type(screen.getByLabelText(/^note/), 'long');
    expect(screen.getByTestId('note')).toBeEmptyDOMElement();
    await user.click(screen.getByRole('button'));
    expect(screen.getByTestId('name')).toHaveTextContent('Adja meg az e-mail-címét.');
    expect(screen.getByTestId('note')).toHaveTextContent('Az indok 1–200 betű.');
    expect(screen.getByLabelText(/^name/)).toHaveFocus();
    expect(onSubmit).not.toHaveBeenCalled();
    await user.type(screen.getByLabelText(/^name/), ' Alfa ');
    expect(screen.getByTestId('name')).toBeEmptyDOMElement();
    await user.type(screen.getByLabelText(/^note/), '{Backspace}{Enter}');
    expect(onSubmit.mock.lastCall?.[0]).toEqual({ name: 'Alfa', note: 'lon' });
  });

  it('translates its messages when the language changes', async () => {
    const user = userEvent.setup();
    render(<Example onSubmit={vi.fn()} />);
    await user.click(screen.getByRole('button'));
    await act(() => chooseLanguage('en'));
    expect(screen.getByTestId('name')).toHaveTextContent('Enter your e-mail address.');
    await act(() => chooseLanguage('hu'));
    expect(screen.getByTestId('name')).toHaveTextContent('Adja meg az e-mail-címét.');
  });

  it('shows what the server refused at its field, and what belongs to none above the button', () => {
    const view = render(<Example error={invalid('note')} onSubmit={vi.fn()} />);
    expect(screen.getByTestId('note')).toHaveTextContent('Ezt az értéket a szerver nem fogadta el.');
    expect(screen.queryByRole('alert')).toBeNull();
    view.rerender(<Example error={new ApiError(409, 'CONFLICT', 'x')} onSubmit={vi.fn()} />);
    expect(screen.getByTestId('note')).toBeEmptyDOMElement();
    expect(screen.getByRole('alert')).toHaveTextContent('Közben megváltozott.');
  });
});

describe('formErrors', () => {
  const fields = ['name', 'lines'] as const;

  it('has nothing to say without an error', () => {
    expect(formErrors(null, fields, translator('hu', 'page'))).toEqual({ fields: {} });
  });

  it('maps a field with its elements, and keeps the message for a field that the form does not have', () => {
    const own = 'Ezt az értéket a szerver nem fogadta el.';
    expect(formErrors(invalid('lines.0.quantity'), fields, translator('hu', 'page'))).toEqual({
      fields: { lines: own },
    });
    expect(formErrors(invalid('name', 'tenantId'), fields, translator('hu', 'page'))).toEqual({
      fields: { name: own },
      form: 'A szerver nem fogadta el az adatokat.',
    });
  });

  it('prefers the form’s own message of a code, at a field or above the button', () => {
    const taken = { CONFLICT: { field: 'name', text: 'taken' }, RATE_LIMITED: { text: 'later' } } as const;
    expect(formErrors(new ApiError(409, 'CONFLICT', 'x'), fields, translator('hu', 'page'), taken)).toEqual({
      fields: { name: 'taken' },
    });
    expect(formErrors(new ApiError(429, 'RATE_LIMITED', 'x'), fields, translator('hu', 'page'), taken)).toEqual({
      fields: {},
      form: 'later',
    });
  });

  it('says that the server cannot be reached', () => {
    expect(formErrors(new ApiError(0, 'UNREACHABLE', 'x'), fields, translator('hu', 'page')).form).toContain(
      'nem érhető el',
    );
  });
});
