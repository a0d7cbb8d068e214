import { Form, useForm } from '@formisch/react';
import { IconSearch, IconUserPlus, IconUsersGroup } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as v from 'valibot';
import { useDebounced } from '../../shared/debounce';
import { formErrors } from '../../shared/form-errors';
import { normalizeSearch } from '../../shared/normalize-search';
import type { Named } from '../../shared/model';
import { partnerListQueryOptions, useSavePartner } from '../../api/partners';
import { useUser } from '../../shared/session';
import { useModalContent } from '../../shared/modal-content';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { EmptyState } from '../../shared/ui/states';
import classes from './partners-page.module.css';

/** An id that tells who is meant and that nobody has yet: `alfa-epito-kft-3f9c1a`. */
export function newPartnerId(name: string): string {
  const words = normalizeSearch(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const own = crypto.randomUUID().slice(0, 6);
  return words === '' ? own : `${words}-${own}`;
}

/** Who rents from the shop; administrators write it. */
export function PartnersPage() {
  const { t } = useTranslation();
  const admin = useUser().role === 'ADMIN';
  const [words, setWords] = useState('');
  const search = useDebounced(words.trim());
  const modal = useModalContent<Named | 'new'>();
  const editing = modal.content;
  const listed = useInfiniteQuery({
    ...partnerListQueryOptions(search),
    placeholderData: keepPreviousData,
  });
  const partners = listed.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <ListPage
        label={t('nav.partners')}
        query={listed}
        filters={
          <TextField
            type="search"
            className={classes.search}
            aria-label={t('partners.search')}
            placeholder={t('partners.search')}
            leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
        }
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
        empty={
          partners.length > 0 ? null : (
            <EmptyState
              icon={<IconUsersGroup size={24} stroke={1.7} />}
              title={t(search === '' ? 'partners.none' : 'partners.empty')}
              hint={t(search === '' ? 'partners.noneHint' : 'partners.emptyHint')}
            />
          )
        }
      >
        {partners.map((partner) => (
          <li
            key={partner.id}
            className={`${list.row} ${classes.row}`}
            data-testid="partner-row"
            data-partner-id={partner.id}
          >
            <div>
              <p className={list.title}>{partner.name}</p>
              <p className={list.sub}>{partner.id}</p>
            </div>
            {admin && (
              <div className={classes.edit}>
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`${t('partners.edit')}: ${partner.name}`}
                  onClick={() => modal.show(partner)}
                >
                  {t('partners.edit')}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ListPage>
      <Modal {...modal.props} title={t(editing === 'new' ? 'partners.new' : 'partners.edit')}>
        {editing !== null && <PartnerForm partner={editing === 'new' ? null : editing} onSaved={modal.close} />}
      </Modal>
    </>
  );
}

const partnerSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('page:partners.nameMissing'))),
});

function PartnerForm({ partner, onSaved }: { partner: Named | null; onSaved: () => void }) {
  const { t } = useTranslation();
  const form = useForm({ schema: partnerSchema, initialInput: { name: partner?.name ?? '' } });
  // One id for all attempts, so that pressing the button again after a lost answer makes no second partner.
  const [id, setId] = useState(partner?.id ?? null);
  const save = useSavePartner({ onSuccess: onSaved });
  const refusal = formErrors(save.error, ['name'], t);
  const handleSubmit = ({ name }: v.InferOutput<typeof partnerSchema>) => {
    const to = id ?? newPartnerId(name);
    setId(to);
    save.mutate({ id: to, name });
  };
  return (
    <Form of={form} className={classes.form} onSubmit={handleSubmit}>
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => (
          <TextField {...control} label={t('partners.name')} data-autofocus maxLength={200} autoComplete="off" />
        )}
      </FormField>
      {partner !== null && <p className="field-hint">{t('partners.renameHint')}</p>}
      <FormError>{refusal.form}</FormError>
      <div>
        <Button type="submit" loading={save.isPending}>
          {t('common.save')}
        </Button>
      </div>
    </Form>
  );
}
