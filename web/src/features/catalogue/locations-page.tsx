import { Form, useForm } from '@formisch/react';
import { IconArchive, IconMapPin, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import * as v from 'valibot';
import { locationListQueryOptions, useSaveLocation } from '../../api/locations';
import { ArchiveButton, ArchiveFilter } from '../../domain/catalogue/archive';
import { HoursForm } from '../../domain/opening-hours/hours-form';
import { weekOf, weekSummary } from '../../domain/opening-hours/week';
import { newId } from '../../domain/catalogue/new-id';
import { ExportButton } from '../../domain/exports/export-button';
import { useDebounced } from '../../shared/debounce';
import { formErrors } from '../../shared/form-errors';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Location } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import { FormError, FormField, message } from '../../shared/ui/form-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { EmptyState } from '../../shared/ui/states';
import { CatalogueTabs } from './catalogue-tabs';
import classes from './catalogue.module.css';

/** Where the machines are; administrators write it. */
export function LocationsPage() {
  const { t } = useTranslation('catalogue');
  const admin = useUser().role === 'ADMIN';
  const navigate = useNavigate();
  const archived = useSearch({ from: '/signed-in/locations' }).archived ?? false;
  const [words, setWords] = useState('');
  const search = useDebounced(words.trim());
  const filter = { search, archived };
  const modal = useModalContent<Location | 'new'>();
  const hours = useModalContent<Location>();
  const { t: own } = useTranslation('openingHours');
  const editing = modal.content;
  const listed = useInfiniteQuery({
    ...locationListQueryOptions(filter),
    placeholderData: keepPreviousData,
  });
  const locations = listed.data?.pages.flatMap((page) => page.items) ?? [];
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
        icon={<IconMapPin size={24} stroke={1.7} />}
        title={t('locations.none')}
        hint={t('locations.noneHint')}
      />
    );
  return (
    <div className={classes.page}>
      <CatalogueTabs />
      <ListPage
        label={t('tabs.locations')}
        query={listed}
        filters={
          <>
            <TextField
              type="search"
              className={classes.search}
              aria-label={t('locations.search')}
              placeholder={t('locations.search')}
              leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
            <ArchiveFilter
              archived={archived}
              onChange={(next) =>
                void navigate({ to: '/locations', replace: true, search: next ? { archived: true } : {} })
              }
            />
          </>
        }
        tools={<ExportButton list="locations" filter={filter} />}
        {...(admin
          ? {
              action: (
                <Button leftSection={<IconPlus size={18} stroke={1.8} aria-hidden />} onClick={() => modal.show('new')}>
                  {t('locations.new')}
                </Button>
              ),
            }
          : {})}
        empty={locations.length > 0 ? null : empty}
      >
        {locations.map((location) => (
          <LocationRow
            key={location.id}
            location={location}
            admin={admin}
            onEdit={() => modal.show(location)}
            onHours={() => hours.show(location)}
          />
        ))}
      </ListPage>
      <Modal {...modal.props} title={t(editing === 'new' ? 'locations.new' : 'edit')}>
        {editing !== null && <LocationForm location={editing === 'new' ? null : editing} onSaved={modal.close} />}
      </Modal>
      <Modal {...hours.props} wide title={own('title')}>
        {hours.content !== null && <HoursForm location={hours.content} onSaved={hours.close} />}
      </Modal>
    </div>
  );
}

interface LocationRowProps {
  location: Location;
  admin: boolean;
  onEdit: () => void;
  onHours: () => void;
}

function LocationRow({ location, admin, onEdit, onHours }: LocationRowProps) {
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
      {admin && (
        <div className={list.actions}>
          <Button size="xs" variant="default" aria-label={`${own('title')}: ${location.name}`} onClick={onHours}>
            {own('title')}
          </Button>
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

const locationSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(message('catalogue:locations.nameMissing'))),
});

function LocationForm({ location, onSaved }: { location: Location | null; onSaved: () => void }) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const form = useForm({ schema: locationSchema, initialInput: { name: location?.name ?? '' } });
  // One id for all attempts, so that pressing the button again after a lost answer makes no second location.
  const [id, setId] = useState(location?.id ?? null);
  const save = useSaveLocation({ onSuccess: onSaved });
  const refusal = formErrors(save.error, ['name'], common);
  return (
    <Form
      of={form}
      className={classes.form}
      onSubmit={({ name }) => {
        const to = id ?? newId(name);
        setId(to);
        save.mutate({ id: to, name });
      }}
    >
      <FormField of={form} name="name" refusal={refusal.fields.name}>
        {(control) => <TextField {...control} label={t('name')} data-autofocus maxLength={200} autoComplete="off" />}
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
