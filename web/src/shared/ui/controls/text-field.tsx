import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { type ComponentProps, useState } from 'react';
import { useTranslation } from '../../i18n/i18n';
import { Field, type FieldProps } from './field';
import { PlainButton } from './plain-button';
import classes from './text-field.module.css';

type TextFieldProps = FieldProps & Omit<ComponentProps<'input'>, keyof FieldProps>;

export function TextField({
  id,
  label,
  description,
  error,
  leftSection,
  size = 'sm',
  className,
  type = 'text',
  ...rest
}: TextFieldProps) {
  return (
    <Field {...{ id, label, description, error, leftSection, size, className }}>
      {(control) => <input {...rest} {...control} type={type} />}
    </Field>
  );
}

/** A password, with a button that shows it. */
export function PasswordField({
  id,
  label,
  description,
  error,
  leftSection,
  size = 'sm',
  className,
  ...rest
}: Omit<TextFieldProps, 'type'>) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const Icon = shown ? IconEyeOff : IconEye;
  return (
    <Field
      {...{ id, label, description, error, leftSection, size, className }}
      rightSection={
        <PlainButton
          className={classes.show}
          aria-label={t('common.showCharacters')}
          aria-pressed={shown}
          onClick={() => setShown((before) => !before)}
        >
          <Icon size={20} stroke={1.7} aria-hidden />
        </PlainButton>
      }
    >
      {(control) => <input {...rest} {...control} type={shown ? 'text' : 'password'} />}
    </Field>
  );
}
