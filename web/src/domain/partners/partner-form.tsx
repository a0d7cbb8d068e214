import { Form, useField, useForm } from '@formisch/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as v from 'valibot';
import { samePhoneQueryOptions } from '../../api/partners';
import { useNow } from '../../shared/clock';
import { useDebounced } from '../../shared/debounce';
import { formErrors } from '../../shared/form-errors';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Partner, PartnerContent } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { TextArea } from '../../shared/ui/controls/text-area';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import './messages';
import classes from './partner-form.module.css';
import { secondLine } from './second-line';

/** A number as it is copied from elsewhere: other dashes and spaces, characters that nobody sees. */
const plainPhone = (text: string) =>
  text
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/\p{Dash}/gu, '-')
    .replace(/\s+/gu, ' ')
    .trim();

/** Whether it is one number, as the server wants it. */
const isPhone = (text: string) =>
  /^[\d\s()/.-]*\+?[\d\s()/.-]*$/.test(text) && /^\d{5,15}$/.test(text.replace(/\D/g, ''));

const schema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('partners:nameMissing'))),
  phone: v.pipe(
    v.string(),
    v.transform(plainPhone),
    v.check((text) => text === '' || isPhone(text), message('partners:phoneInvalid')),
  ),
  email: v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => text === '' || /^[^\s@"<>]+@[^\s@"<>]+$/.test(text), message('partners:emailInvalid')),
  ),
  note: v.pipe(v.string(), v.trim()),
});

interface PartnerFormProps {
  /** Null for a new one. */
  partner: (Pick<Partner, 'id' | 'name'> & Partial<Partner>) | null;
  /** What is known of a new one. */
  known?: { name?: string; phone?: string };
  hint?: string;
  /** The mutation that saves it. */
  save: { mutate: (content: PartnerContent) => void; isPending: boolean; error: Error | null };
  /** Takes a partner that is there already, instead; without it such a partner is linked. */
  onChoose?: (partner: Partner) => void;
}

/** Adds a partner, or changes one. Who has the same phone number is shown before it is saved. */
export function PartnerForm({ partner, known = {}, hint, save, onChoose }: PartnerFormProps) {
  const { t } = useTranslation('partners');
  const { t: common } = useTranslation();
  const form = useForm({
    schema,
    initialInput: {
      name: partner?.name ?? known.name ?? '',
      phone: partner?.phone ?? known.phone ?? '',
      email: partner?.email ?? '',
      note: partner?.note ?? '',
    },
  });
  const phone = useField(form, { path: ['phone'] }).input ?? '';
  const refusal = formErrors(save.error, ['name', 'phone', 'email', 'note'], common);
  return (
    <Form
      of={form}
      className={classes.form}
      onSubmit={({ name, phone: number, email, note }) =>
        save.mutate({ name, phone: number || null, email: email || null, note: note || null })
      }
    >
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => <TextField {...control} label={t('name')} data-autofocus maxLength={200} autoComplete="off" />}
      </FormField>
      {hint !== undefined && <p className="field-hint">{hint}</p>}
      <FormField of={form} name="phone" refusal={refusal.fields.phone}>
        {(control) => <TextField {...control} type="tel" label={t('phone')} maxLength={40} autoComplete="off" />}
      </FormField>
      <SamePhone phone={plainPhone(phone)} except={partner?.id ?? null} onChoose={onChoose} />
      <FormField of={form} name="email" refusal={refusal.fields.email}>
        {(control) => <TextField {...control} type="email" label={t('email')} maxLength={254} autoComplete="off" />}
      </FormField>
      <FormField of={form} name="note" refusal={refusal.fields.note}>
        {(control) => <TextArea {...control} label={t('note')} description={t('noteHint')} maxLength={1000} rows={3} />}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div>
        <Button type="submit" loading={save.isPending}>
          {common('common.save')}
        </Button>
      </div>
    </Form>
  );
}

/** The other partners with this number; nothing while it is no number. */
function SamePhone({
  phone,
  except,
  onChoose,
}: {
  phone: string;
  except: string | null;
  onChoose: ((partner: Partner) => void) | undefined;
}) {
  const { t } = useTranslation('partners');
  const language = useLanguage();
  const now = useNow();
  const sought = useDebounced(phone);
  const { data } = useQuery({ ...samePhoneQueryOptions(sought), enabled: isPhone(sought) });
  const others = sought === phone ? (data?.items.filter(({ id }) => id !== except) ?? []) : [];
  return (
    <div role="status">
      {others.length > 0 && (
        <div className={classes.same} data-testid="same-phone">
          <p>{t('samePhone')}</p>
          <ul>
            {others.map((other) => (
              <li key={other.id}>
                <span>
                  <b>{other.name}</b>
                  <small>{secondLine({ ...other, phone: null }, t, language, now)}</small>
                </span>
                {onChoose === undefined ? (
                  <Link to="/partners/$partnerId" params={{ partnerId: other.id }}>
                    {t('open', { name: other.name })}
                  </Link>
                ) : (
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={t('chooseLabel', { name: other.name })}
                    onClick={() => onChoose(other)}
                  >
                    {t('choose')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
