import { Form, useForm } from '@formisch/react';
import { IconArchive, IconSearch, IconUserPlus, IconUsersGroup } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import * as v from 'valibot';
import { partnerListQueryOptions, useSavePartner } from '../../api/partners';
import { ArchiveButton, ArchiveFilter } from '../../domain/catalogue/archive';
import { newId } from '../../domain/catalogue/new-id';
import { ExportButton } from '../../domain/exports/export-button';
import { useDebounced } from '../../shared/debounce';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Named } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { EmptyState } from '../../shared/ui/states';
import classes from './partners-page.module.css';

/** Who rents from the shop; administrators write it. */
export function PartnersPage() {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const admin = useUser().role === 'ADMIN';
  const navigate = useNavigate();
  const archived = useSearch({ from: '/signed-in/partners' }).archived ?? false;
  const [words, setWords] = useState('');
  const search = useDebounced(words.trim());
  const filter = { search, archived };
  const modal = useModalContent<Named | 'new'>();
  const editing = modal.content;
  const listed = useInfiniteQuery({ ...partnerListQueryOptions(filter), placeholderData: keepPreviousData });
  const partners = listed.data?.pages.flatMap((page) => page.items) ?? [];
  const empty =
    search !== '' ? (
      <EmptyState icon={<IconSearch size={24} stroke={1.7} />} title={t('empty')} hint={t('emptyHint')} />
    ) : archived ? (
      <EmptyState
        icon={<IconArchive size={24} stroke={1.7} />}
        title={t('archive.none')}
        hint={t('archive.noneHint')}
      />
    ) : (
      <EmptyState
        icon={<IconUsersGroup size={24} stroke={1.7} />}
        title={t('partners.none')}
        hint={t('partners.noneHint')}
      />
    );
  return (
    <>
      <ListPage
        label={common('nav.partners')}
        query={listed}
        filters={
          <>
            <TextField
              type="search"
              className={classes.search}
              aria-label={t('partners.search')}
              placeholder={t('partners.search')}
              leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
            <ArchiveFilter
              archived={archived}
              onChange={(next) =>
                void navigate({ to: '/partners', replace: true, search: next ? { archived: true } : {} })
              }
            />
          </>
        }
        tools={<ExportButton list="partners" filter={filter} />}
        {...(admin
          ? {
              action: (
                <Button
                  leftSection={<IconUserPlus size={18} stroke={1.8} aria-hidden />}
                  onClick={() => modal.show('new')}
                >
                  {t('partners.new')}
                </Button>
              ),
            }
          : {})}
        empty={partners.length > 0 ? null : empty}
      >
        {partners.map((partner) => (
          <PartnerRow key={partner.id} partner={partner} admin={admin} onEdit={() => modal.show(partner)} />
        ))}
      </ListPage>
      <Modal {...modal.props} title={t(editing === 'new' ? 'partners.new' : 'edit')}>
        {editing !== null && <PartnerForm partner={editing === 'new' ? null : editing} onSaved={modal.close} />}
      </Modal>
    </>
  );
}

function PartnerRow({ partner, admin, onEdit }: { partner: Named; admin: boolean; onEdit: () => void }) {
  const { t } = useTranslation('catalogue');
  const save = useSavePartner();
  return (
    <li
      className={`${list.row} ${classes.row}`}
      data-testid="partner-row"
      data-partner-id={partner.id}
      data-archived={partner.archived || undefined}
    >
      <div className={list.what}>
        <p className={list.title}>{partner.name}</p>
        <p className={list.sub}>{partner.id}</p>
      </div>
      {admin && (
        <div className={list.actions}>
          <Button size="xs" variant="default" aria-label={`${t('edit')}: ${partner.name}`} onClick={onEdit}>
            {t('edit')}
          </Button>
          <ArchiveButton
            kind="partner"
            item={partner}
            save={save}
            onChange={(archived) => save.mutate({ id: partner.id, name: partner.name, archived })}
          />
        </div>
      )}
    </li>
  );
}

const partnerSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('catalogue:partners.nameMissing'))),
});

function PartnerForm({ partner, onSaved }: { partner: Named | null; onSaved: () => void }) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const form = useForm({ schema: partnerSchema, initialInput: { name: partner?.name ?? '' } });
  // One id for all attempts, so that pressing the button again after a lost answer makes no second partner.
  const [id, setId] = useState(partner?.id ?? null);
  const save = useSavePartner({ onSuccess: onSaved });
  const refusal = formErrors(save.error, ['name'], common);
  const handleSubmit = ({ name }: v.InferOutput<typeof partnerSchema>) => {
    const to = id ?? newId(name);
    setId(to);
    save.mutate({ id: to, name });
  };
  return (
    <Form of={form} className={classes.form} onSubmit={handleSubmit}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => <TextField {...control} label={t('name')} data-autofocus maxLength={200} autoComplete="off" />}
      </FormField>
      {partner !== null && <p className="field-hint">{t('partners.renameHint')}</p>}
      <FormError>{refusal.form}</FormError>
      <div>
        <Button type="submit" loading={save.isPending}>
          {common('common.save')}
        </Button>
      </div>
    </Form>
  );
}
