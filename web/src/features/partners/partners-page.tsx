import { IconUserPlus, IconUsersGroup } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { partnerListQueryOptions, useErasePartner, useSavePartner } from '../../api/partners';
import { ArchiveButton } from '../../domain/catalogue/archive';
import { CatalogueList, useCatalogueFilter } from '../../domain/catalogue/catalogue-list';
import { NameForm } from '../../domain/catalogue/name-form';
import { EraseButton } from '../../domain/erasure/erase-button';
import { ExportButton } from '../../domain/exports/export-button';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Named } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { message } from '../../shared/ui/form-field';
import list from '../../shared/ui/list-page.module.css';
import classes from './partners-page.module.css';

/** Who rents from the shop; administrators write it. */
export function PartnersPage() {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const filter = useCatalogueFilter('partners');
  const partners = useInfiniteQuery({
    ...partnerListQueryOptions(filter.filter),
    placeholderData: keepPreviousData,
  });
  return (
    <CatalogueList
      kind="partners"
      label={common('nav.partners')}
      icon={IconUsersGroup}
      newIcon={IconUserPlus}
      filter={filter}
      query={partners}
      noneHint={t('partners.noneHint')}
      tools={<ExportButton list="partners" filter={filter.filter} />}
      row={(partner, onEdit) => <PartnerRow key={partner.id} partner={partner} onEdit={onEdit} />}
      form={(partner, onSaved) => <PartnerForm partner={partner} onSaved={onSaved} />}
    />
  );
}

function PartnerRow({ partner, onEdit }: { partner: Named; onEdit: (() => void) | null }) {
  const { t } = useTranslation('catalogue');
  const save = useSavePartner();
  const erase = useErasePartner(partner.id);
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
      {onEdit !== null && (
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
          <EraseButton kind="partner" name={partner.name} erase={erase} />
        </div>
      )}
    </li>
  );
}

function PartnerForm({ partner, onSaved }: { partner: Named | null; onSaved: () => void }) {
  const { t } = useTranslation('catalogue');
  return (
    <NameForm
      item={partner}
      nameMissing={message('catalogue:partners.nameMissing')}
      hint={partner === null ? undefined : t('partners.renameHint')}
      save={useSavePartner({ onSuccess: onSaved })}
    />
  );
}
