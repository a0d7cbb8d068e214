import { IconUserPlus, IconUsersGroup } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  partnerListQueryOptions,
  useCreatePartner,
  useEditPartner,
  useErasePartner,
  useSavePartner,
} from '../../api/partners';
import { ArchiveButton } from '../../domain/catalogue/archive';
import { CatalogueList, useCatalogueFilter } from '../../domain/catalogue/catalogue-list';
import { EraseButton } from '../../domain/erasure/erase-button';
import { ExportButton } from '../../domain/exports/export-button';
import { PartnerForm } from '../../domain/partners/partner-form';
import '../../domain/partners/messages';
import { useNow } from '../../shared/clock';
import { formatDay, formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Partner } from '../../shared/model';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import list from '../../shared/ui/list-page.module.css';
import classes from './partners-page.module.css';

/** Who rents from the shop. Everybody adds and edits; administrators also archive and erase. */
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
      everybody
      row={(partner, onEdit) => <PartnerRow key={partner.id} partner={partner} onEdit={onEdit} />}
      form={(partner, onSaved) =>
        partner === null ? <NewPartner onSaved={onSaved} /> : <EditPartner partner={partner} onSaved={onSaved} />
      }
    />
  );
}

function PartnerRow({ partner, onEdit }: { partner: Partner; onEdit: (() => void) | null }) {
  const { t } = useTranslation('catalogue');
  const { t: own } = useTranslation('partners');
  const language = useLanguage();
  const now = useNow();
  const admin = useUser().role === 'ADMIN';
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
        <Link to="/partners/$partnerId" params={{ partnerId: partner.id }} className={list.title}>
          {partner.name}
        </Link>
        <p className={list.sub}>
          {[partner.phone, partner.email].filter(Boolean).join(' · ') || own('page.noContact')}
        </p>
      </div>
      <div className={list.when}>
        {partner.owedAmount > 0 && (
          <b className={classes.owes} data-testid="partner-owes">
            {own('owes', { amount: formatMoney(partner.owedAmount, language) })}
          </b>
        )}
        <small>
          {partner.lastRentalAt
            ? own('lastRental', { date: formatDay(partner.lastRentalAt, language, now) })
            : own('neverRented')}
        </small>
      </div>
      {onEdit !== null && (
        <div className={list.actions}>
          <Button size="xs" variant="default" aria-label={`${t('edit')}: ${partner.name}`} onClick={onEdit}>
            {t('edit')}
          </Button>
          {admin && (
            <>
              <ArchiveButton
                kind="partner"
                item={partner}
                save={save}
                onChange={(archived) => save.mutate({ id: partner.id, name: partner.name, archived })}
              />
              <EraseButton kind="partner" name={partner.name} erase={erase} />
            </>
          )}
        </div>
      )}
    </li>
  );
}

function NewPartner({ onSaved }: { onSaved: () => void }) {
  return <PartnerForm partner={null} save={useCreatePartner({ onSuccess: onSaved })} />;
}

/** The form of a partner that is there. */
export function EditPartner({ partner, onSaved }: { partner: Partner; onSaved: () => void }) {
  const { t } = useTranslation('catalogue');
  return (
    <PartnerForm
      partner={partner}
      hint={t('partners.renameHint')}
      save={useEditPartner(partner.id, { onSuccess: onSaved })}
    />
  );
}
