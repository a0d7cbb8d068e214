import { IconMapPin } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { locationListQueryOptions, useSaveLocation } from '../../api/locations';
import { ArchiveButton } from '../../domain/catalogue/archive';
import { CatalogueList, useCatalogueFilter } from '../../domain/catalogue/catalogue-list';
import { NameForm } from '../../domain/catalogue/name-form';
import { ExportButton } from '../../domain/exports/export-button';
import { HoursForm } from '../../domain/opening-hours/hours-form';
import { weekOf, weekSummary } from '../../domain/opening-hours/week';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Location } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { message } from '../../shared/ui/form-field';
import list from '../../shared/ui/list-page.module.css';
import { CatalogueTabs } from './catalogue-tabs';
import classes from './catalogue.module.css';
import { TermsButton } from './terms-button';

/** Where the machines are; administrators write it. */
export function LocationsPage() {
  const { t } = useTranslation('catalogue');
  const { t: own } = useTranslation('openingHours');
  const filter = useCatalogueFilter('locations');
  const hours = useModalContent<Location>();
  const locations = useInfiniteQuery({
    ...locationListQueryOptions(filter.filter),
    placeholderData: keepPreviousData,
  });
  return (
    <div className={classes.page}>
      <CatalogueTabs />
      <CatalogueList
        kind="locations"
        label={t('tabs.locations')}
        icon={IconMapPin}
        filter={filter}
        query={locations}
        noneHint={t('locations.noneHint')}
        tools={<ExportButton list="locations" filter={filter.filter} />}
        row={(location, onEdit) => (
          <LocationRow key={location.id} location={location} onEdit={onEdit} onHours={() => hours.show(location)} />
        )}
        form={(location, onSaved) => <LocationForm location={location} onSaved={onSaved} />}
      />
      <Modal {...hours.props} wide title={own('title')}>
        {hours.content !== null && <HoursForm location={hours.content} onSaved={hours.close} />}
      </Modal>
    </div>
  );
}

interface LocationRowProps {
  location: Location;
  /** Null for those who only read. */
  onEdit: (() => void) | null;
  onHours: () => void;
}

function LocationRow({ location, onEdit, onHours }: LocationRowProps) {
  const { t } = useTranslation('catalogue');
  const { t: own } = useTranslation('openingHours');
  const { openingHours } = location;
  const closed = openingHours?.closed?.length ?? 0;
  const save = useSaveLocation();
  return (
    <li
      className={`${list.row} ${classes.location}`}
      data-testid="location-row"
      data-location-id={location.id}
      data-archived={location.archived || undefined}
    >
      <div className={list.what}>
        <p className={list.title}>{location.name}</p>
        <p className={list.sub}>{location.id}</p>
        <p className={list.sub} data-testid="location-hours">
          {openingHours === null
            ? `${own('title')}: ${own('none')}`
            : weekSummary(weekOf(openingHours), (day) => own(`short.${day}`), own('closed'))}
          {closed > 0 && ` · ${own('closedDays', { count: closed })}`}
        </p>
      </div>
      {onEdit !== null && (
        <div className={list.actions}>
          <Button size="xs" variant="default" aria-label={`${own('title')}: ${location.name}`} onClick={onHours}>
            {own('title')}
          </Button>
          <TermsButton location={location} />
          <Button size="xs" variant="default" aria-label={`${t('edit')}: ${location.name}`} onClick={onEdit}>
            {t('edit')}
          </Button>
          <ArchiveButton
            kind="location"
            item={location}
            save={save}
            onChange={(archived) => save.mutate({ id: location.id, name: location.name, archived })}
          />
        </div>
      )}
    </li>
  );
}

function LocationForm({ location, onSaved }: { location: Location | null; onSaved: () => void }) {
  return (
    <NameForm
      item={location}
      nameMissing={message('catalogue:locations.nameMissing')}
      save={useSaveLocation({ onSuccess: onSaved })}
    />
  );
}
