import { IconBellOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from '../../shared/i18n/i18n';
import { useMutedLocations } from '../../shared/muted-locations';
import { locationsQueryOptions } from '../../api/locations';
import { PlainButton } from '../../shared/ui/controls/plain-button';
import classes from './mute-chip.module.css';

/** Says in the header that locations are muted here, and leads back. */
export function MuteChip({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  const muted = useMutedLocations();
  const { data } = useQuery(locationsQueryOptions());
  const names = (data?.items ?? []).filter(({ id }) => muted.includes(id)).map(({ name }) => name);
  if (names.length === 0) return null;
  return (
    <PlainButton
      className={classes.chip}
      data-testid="muted-places"
      aria-label={t('mute.chipLabel', { locations: names.join(', ') })}
      onClick={onOpen}
    >
      <IconBellOff size={16} stroke={1.9} aria-hidden />
      <span>
        {names.length === 1 ? t('mute.chip', { location: names[0] }) : t('mute.chipMore', { n: names.length })}
      </span>
    </PlainButton>
  );
}
