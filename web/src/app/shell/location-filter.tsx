import { IconMapPin } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { setLocationFilter, useLocationFilter } from '../../shared/location-filter';
import { locationsQueryOptions } from '../../api/locations';
import { SelectField } from '../../shared/ui/controls/select-field';
import classes from './location-filter.module.css';

/** One location or all of them, for every list that is by location. Hidden while there is only one. */
export function LocationFilter() {
  const { t } = useTranslation();
  const location = useLocationFilter();
  const { data } = useQuery(locationsQueryOptions());
  const locations = data?.items ?? [];

  // A remembered location of another shop, or one that is gone, would hide everything.
  const unknown = data !== undefined && location !== null && !data.items.some((each) => each.id === location);
  useEffect(() => {
    if (unknown) setLocationFilter(null);
  }, [unknown]);

  if (locations.length < 2) return null;
  return (
    <SelectField
      className={classes.filter}
      aria-label={t('location.label')}
      leftSection={<IconMapPin size={16} stroke={1.8} aria-hidden />}
      value={location ?? ''}
      onChange={(event) => setLocationFilter(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      options={[
        { value: '', label: t('location.all') },
        ...locations.map(({ id, name }) => ({ value: id, label: name })),
      ]}
    />
  );
}
