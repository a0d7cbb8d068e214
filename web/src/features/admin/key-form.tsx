import { Form, setInput, useField, useForm } from '@formisch/react';
import * as v from 'valibot';
import { useNow } from '../../shared/clock';
import { formErrors } from '../../shared/form-errors';
import { endOfDay, toDateField } from '../../shared/format';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { Switch } from '../../shared/ui/controls/switch';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import classes from './admin.module.css';
import {
  type ApiKey,
  type ApiKeyChange,
  type NewApiKey,
  type Scope,
  useChangeApiKey,
  useCreateApiKey,
} from '../../api/api-keys';

/** The name of a scope in the texts. */
export const scopeNames = {
  'events:write': 'eventsWrite',
  'events:read': 'eventsRead',
  'catalogue:write': 'catalogueWrite',
  'stock:write': 'stockWrite',
  'tokens:issue': 'tokensIssue',
} as const satisfies Record<Scope, string>;

/** The scopes that some call asks for. A key that has others keeps them. */
const offered = ['events:write', 'catalogue:write', 'stock:write'] as const satisfies readonly Scope[];

const keySchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('admin:keys.nameMissing'))),
  scopes: v.array(v.string()),
  /** A day, or nothing for never. */
  expires: v.string(),
  /** A whole number, or nothing for no limit. */
  rateLimit: v.pipe(
    v.string(),
    v.trim(),
    v.check(
      (text) => text === '' || (/^\d{1,5}$/.test(text) && +text >= 1 && +text <= 60_000),
      message('admin:keys.rateInvalid'),
    ),
  ),
});

const fields = ['name', 'scopes', 'expires', 'rateLimit'] as const;

interface KeyFieldsProps {
  initial: v.InferInput<typeof keySchema>;
  /** Why the server refused the key; null for no reason. */
  error: unknown;
  submitLabel: string;
  busy: boolean;
  onSubmit: (key: v.InferOutput<typeof keySchema>) => void;
}

function KeyFields({ initial, error, submitLabel, busy, onSubmit }: KeyFieldsProps) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const today = toDateField(useNow());
  const form = useForm({ schema: keySchema, initialInput: initial });
  const chosen = useField(form, { path: ['scopes'] }).input;
  const refusal = formErrors(error, [...fields, 'expiresAt'], common, {
    CONFLICT: { text: t('keys.revokedMeanwhile') },
  });
  const choose = (scope: Scope, on: boolean) =>
    setInput(form, { path: ['scopes'], input: on ? [...chosen, scope] : chosen.filter((each) => each !== scope) });
  return (
    <Form of={form} className={classes.form} onSubmit={(key) => key.scopes.length > 0 && onSubmit(key)}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => (
          <TextField
            {...control}
            label={t('keys.name')}
            description={t('keys.nameHint')}
            data-autofocus
            maxLength={200}
            autoComplete="off"
          />
        )}
      </FormField>
      <fieldset className={classes.scopes}>
        <legend className="field-label">{t('keys.scopes')}</legend>
        {offered.map((scope) => (
          <Switch
            key={scope}
            label={t(`keys.scope.${scopeNames[scope]}`)}
            description={scope}
            checked={chosen.includes(scope)}
            onChange={(on) => choose(scope, on)}
          />
        ))}
        {(chosen.length === 0 || refusal.fields.scopes !== undefined) && (
          <p className="field-error" role="alert">
            {refusal.fields.scopes ?? t('keys.scopesMissing')}
          </p>
        )}
      </fieldset>
      <FormField of={form} name="expires" refusal={refusal.fields.expiresAt}>
        {(control) => (
          <TextField
            {...control}
            type="date"
            label={t('keys.expires')}
            description={t('keys.expiresHint')}
            min={today}
          />
        )}
      </FormField>
      <FormField of={form} name="rateLimit" refusal={refusal.fields.rateLimit}>
        {(control) => (
          <TextField
            {...control}
            label={t('keys.rate')}
            description={t('keys.rateHint')}
            inputMode="numeric"
            maxLength={5}
            autoComplete="off"
          />
        )}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={busy} disabled={chosen.length === 0}>
          {submitLabel}
        </Button>
      </div>
    </Form>
  );
}

/** A new key; its secret is handed on once. */
export function NewKeyForm({ onMade }: { onMade: (secret: string) => void }) {
  const { t } = useTranslation('admin');
  const make = useCreateApiKey({ onSuccess: ({ key }) => onMade(key) });
  return (
    <KeyFields
      initial={{ name: '', scopes: [...offered], expires: '', rateLimit: '' }}
      error={make.error}
      submitLabel={t('keys.create')}
      busy={make.isPending}
      onSubmit={({ name, scopes, expires, rateLimit }) => {
        const key: NewApiKey = { name, scopes: scopes as Scope[] };
        const end = endOfDay(expires);
        if (end !== null) key.expiresAt = end;
        if (rateLimit !== '') key.rateLimit = Number(rateLimit);
        make.mutate(key);
      }}
    />
  );
}

/** What a key may do, when it ends and how often it may call; the secret stays. */
export function ChangeKeyForm({ item, onChanged }: { item: ApiKey; onChanged: () => void }) {
  const { t } = useTranslation();
  const change = useChangeApiKey(item.id, { onSuccess: onChanged });
  const end = item.expiresAt === null ? '' : toDateField(new Date(item.expiresAt));
  return (
    <KeyFields
      initial={{
        name: item.name,
        scopes: [...item.scopes],
        expires: end,
        rateLimit: item.rateLimit === null ? '' : String(item.rateLimit),
      }}
      error={change.error}
      submitLabel={t('common.save')}
      busy={change.isPending}
      onSubmit={({ name, scopes, expires, rateLimit }) => {
        const body: ApiKeyChange = {
          name,
          scopes: scopes as Scope[],
          rateLimit: rateLimit === '' ? null : Number(rateLimit),
        };
        // A key that has ended keeps its end unless another one is chosen.
        if (expires !== end) body.expiresAt = endOfDay(expires);
        change.mutate(body);
      }}
    />
  );
}
