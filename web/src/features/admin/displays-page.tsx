import { Form, useForm } from '@formisch/react';
import { IconDeviceTv, IconDeviceTvOff, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import * as v from 'valibot';
import { type Display, displaysQueryOptions, useCreateDisplay, useRevokeDisplay } from '../../api/displays';
import { locationsQueryOptions } from '../../api/locations';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { useFocusRestore } from '../../shared/focus-restore';
import { formErrors } from '../../shared/form-errors';
import { formatAgo } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useModalContent } from '../../shared/modal-content';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { Pill } from '../../shared/ui/pill';
import { EmptyState } from '../../shared/ui/states';
import { AdminOnly, AdminTabs } from './admin-area';
import classes from './admin.module.css';
import './displays/messages';
import { Secret } from './secret';

export function DisplaysPage() {
  return (
    <AdminOnly>
      <Displays />
    </AdminOnly>
  );
}

/** The screens on the walls. */
function Displays() {
  const { t } = useTranslation('displays');
  const language = useLanguage();
  const modal = useModalContent<'new' | { secret: string }>();
  const open = modal.content;
  const listed = useInfiniteQuery(displaysQueryOptions());
  const displays = listed.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <ListPage
        label={t('title')}
        query={listed}
        filters={<AdminTabs />}
        action={
          <Button leftSection={<IconPlus size={18} stroke={1.8} aria-hidden />} onClick={() => modal.show('new')}>
            {t('new')}
          </Button>
        }
        empty={
          displays.length > 0 ? null : (
            <EmptyState icon={<IconDeviceTv size={24} stroke={1.7} />} title={t('empty')} hint={t('emptyHint')} />
          )
        }
      >
        {displays.map((display) => (
          <DisplayRow key={display.id} item={display} />
        ))}
      </ListPage>
      <Modal {...modal.props} title={t(open === 'new' || open === null ? 'new' : 'madeTitle')}>
        <div ref={useFocusRestore()}>
          {open === 'new' && (
            // A screen with an empty profile cannot remember a language: its link does.
            <DisplayForm
              onMade={(address) => modal.show({ secret: language === 'en' ? `${address}&lang=en` : address })}
            />
          )}
          {open !== null && open !== 'new' && (
            <Secret hint={t('madeHint')} secret={open.secret} onClose={modal.close} />
          )}
        </div>
      </Modal>
    </>
  );
}

function DisplayRow({ item }: { item: Display }) {
  const { t } = useTranslation('displays');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const locations = useQuery(locationsQueryOptions()).data?.items ?? [];
  const revoke = useRevokeDisplay(item.id);
  const place =
    item.locationId === undefined
      ? t('everywhere')
      : (locations.find(({ id }) => id === item.locationId)?.name ?? item.locationId);
  return (
    <li className={`${list.row} ${classes.display}`} data-testid="display-row" data-display-id={item.id}>
      <div>
        {item.connected ? (
          <Pill tone="green" icon={IconDeviceTv}>
            {t('connected')}
          </Pill>
        ) : (
          <Pill tone="plain" icon={IconDeviceTvOff}>
            {t('away')}
          </Pill>
        )}
      </div>
      <div className={list.what}>
        <p className={list.title}>{item.name}</p>
        <p className={list.sub}>
          {place} ·{' '}
          {item.lastUsedAt === null ? t('unused') : t('used', { ago: formatAgo(item.lastUsedAt, language, now) })}
        </p>
      </div>
      <div className={list.actions}>
        <ConfirmButton
          label={t('revoke')}
          subject={item.name}
          question={t('revokeAsk', { name: item.name })}
          confirm={t('revoke')}
          danger
          busy={revoke.isPending}
          onConfirm={() => revoke.mutate()}
        />
        {revoke.error !== null && (
          <p className={classes.problem} role="alert">
            {errorSentence(revoke.error, common)}
          </p>
        )}
      </div>
    </li>
  );
}

const displaySchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('displays:nameMissing'))),
  // Empty: all of them.
  locationId: v.string(),
});

function DisplayForm({ onMade }: { onMade: (link: string) => void }) {
  const { t } = useTranslation('displays');
  const { t: common } = useTranslation();
  const locations = useQuery(locationsQueryOptions()).data?.items ?? [];
  const form = useForm({ schema: displaySchema, initialInput: { name: '', locationId: '' } });
  const make = useCreateDisplay({ onSuccess: ({ link }) => onMade(link) });
  const refusal = formErrors(make.error, ['name', 'locationId'], common);
  return (
    <Form of={form} className={classes.form} onSubmit={(display) => make.mutate(display)}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => (
          <TextField
            {...control}
            label={t('name')}
            description={t('nameHint')}
            data-autofocus
            maxLength={200}
            autoComplete="off"
          />
        )}
      </FormField>
      <FormField of={form} name="locationId" refusal={refusal.fields.locationId}>
        {(control) => (
          <SelectField
            {...control}
            label={t('location')}
            options={[
              { value: '', label: t('everywhere') },
              ...locations.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
      </FormField>
      <FormError>{refusal.form}</FormError>
      <div className={classes.buttons}>
        <Button type="submit" loading={make.isPending}>
          {t('create')}
        </Button>
      </div>
    </Form>
  );
}
