import { NativeSelect } from '@mantine/core';
import { IconMapPin } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { choosePlace, usePlace } from '../../shared/place';
import { locationsQueryOptions } from '../../shared/queries';
import classes from './place-filter.module.css';

/** One place or all of them, for every list that is by place. Hidden while there is only one. */
export function PlaceFilter() {
  const { t } = useTranslation();
  const place = usePlace();
  const { data } = useQuery(locationsQueryOptions());
  const locations = data?.items ?? [];

  // A remembered place of another shop, or one that is gone, would hide everything.
  const unknown = data !== undefined && place !== null && !data.items.some((each) => each.id === place);
  useEffect(() => {
    if (unknown) choosePlace(null);
  }, [unknown]);

  if (locations.length < 2) return null;
  return (
    <NativeSelect
      className={classes.filter}
      aria-label={t('place.label')}
      leftSection={<IconMapPin size={16} stroke={1.8} aria-hidden />}
      value={place ?? ''}
      onChange={(event) => choosePlace(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      data={[{ value: '', label: t('place.all') }, ...locations.map(({ id, name }) => ({ value: id, label: name }))]}
    />
  );
}
