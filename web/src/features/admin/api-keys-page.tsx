import { Form, useForm } from '@formisch/react';
import { IconBan, IconCircleCheckFilled, IconKey } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import * as v from 'valibot';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { formErrors } from '../../shared/form-errors';
import { formatDay } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useFocusRestore } from '../../shared/focus-restore';
import { useModalContent } from '../../shared/modal-content';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { Pill } from '../../shared/ui/pill';
import { EmptyState } from '../../shared/ui/states';
import { AdminOnly, AdminTabs } from './admin-area';
import classes from './admin.module.css';
import { type ApiKey, apiKeysQueryOptions, useCreateApiKey, useRevokeApiKey } from '../../api/api-keys';
import { Secret } from './secret';

export function ApiKeysPage() {
  return (
    <AdminOnly>
      <ApiKeys />
    </AdminOnly>
  );
}

/** The keys of other programs, the good ones first. */
function ApiKeys() {
  const { t } = useTranslation('admin');
  const modal = useModalContent<'new' | { secret: string }>();
  const open = modal.content;
  const listed = useInfiniteQuery(apiKeysQueryOptions());
  const all = listed.data?.pages.flatMap((page) => page.items) ?? [];
  const keys = [...all.filter((key) => key.revokedAt === null), ...all.filter((key) => key.revokedAt !== null)];
  return (
    <>
      <ListPage
        label={t('tabs.keys')}
        query={listed}
        filters={<AdminTabs />}
        action={
          <Button leftSection={<IconKey size={18} stroke={1.8} aria-hidden />} onClick={() => modal.show('new')}>
            {t('keys.new')}
          </Button>
        }
        empty={
          keys.length > 0 ? null : (
            <EmptyState icon={<IconKey size={24} stroke={1.7} />} title={t('keys.empty')} hint={t('keys.emptyHint')} />
          )
        }
      >
        {keys.map((key) => (
          <KeyRow key={key.id} item={key} />
        ))}
      </ListPage>
      <Modal {...modal.props} title={t(open === 'new' ? 'keys.new' : 'keys.madeTitle')}>
        <div ref={useFocusRestore()}>
          {open === 'new' && <KeyForm onMade={(secret) => modal.show({ secret })} />}
          {open !== null && open !== 'new' && (
            <Secret hint={t('keys.madeHint')} secret={open.secret} onClose={modal.close} />
          )}
        </div>
      </Modal>
    </>
  );
}

function KeyRow({ item }: { item: ApiKey }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const revoke = useRevokeApiKey(item.id);
  return (
    <li
      className={`${list.row} ${classes.key}`}
      data-testid="key-row"
      data-key-id={item.id}
      data-disabled={item.revokedAt !== null || undefined}
    >
      <div>
        {item.revokedAt === null ? (
          <Pill tone="green" icon={IconCircleCheckFilled}>
            {t('keys.live')}
          </Pill>
        ) : (
          <Pill tone="plain" icon={IconBan}>
            {t('keys.revoked')}
          </Pill>
        )}
      </div>
      <div className={list.what}>
        <p className={list.title}>{item.name}</p>
        <p className={list.sub}>
          {item.revokedAt === null
            ? t('keys.made', { date: formatDay(item.createdAt, language, now) })
            : t('keys.ended', { date: formatDay(item.revokedAt, language, now) })}
        </p>
      </div>
      <div className={list.actions}>
        {item.revokedAt === null && (
          <ConfirmButton
            label={t('keys.revoke')}
            question={t('keys.revokeAsk', { name: item.name })}
            confirm={t('keys.revoke')}
            danger
            busy={revoke.isPending}
            onConfirm={() => revoke.mutate()}
          />
        )}
        {revoke.error !== null && (
          <p className={classes.problem} role="alert">
            {errorSentence(revoke.error, common)}
          </p>
        )}
      </div>
    </li>
  );
}

const keySchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('admin:keys.nameMissing'))),
});

function KeyForm({ onMade }: { onMade: (key: string) => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const form = useForm({ schema: keySchema, initialInput: { name: '' } });
  const make = useCreateApiKey({ onSuccess: ({ key }) => onMade(key) });
  const refusal = formErrors(make.error, ['name'], common);
  return (
    <Form of={form} className={classes.form} onSubmit={({ name }) => make.mutate(name)}>
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
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={make.isPending}>
          {t('keys.create')}
        </Button>
      </div>
    </Form>
  );
}
