import { useQuery } from '@tanstack/react-query';
import { useTranslation } from '../../shared/i18n/i18n';
import { setMutedLocations, useMutedLocations } from '../../shared/muted-locations';
import { locationsQueryOptions } from '../../api/locations';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { Switch } from '../../shared/ui/controls/switch';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import './messages';
import classes from './mute-locations.module.css';

/** Which locations may pop up on this device. */
export function MuteLocations({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('mute');
  const muted = useMutedLocations();
  const { data, error, isPending, isFetching, refetch } = useQuery(locationsQueryOptions());
  return (
    <Modal opened onClose={onClose} title={t('title')}>
      <p className={classes.lead}>{t('lead')}</p>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={3} />}
      <ul className={classes.locations}>
        {data?.items.map(({ id, name }) => {
          const quiet = muted.includes(id);
          return (
            <li key={id}>
              <Switch
                label={name}
                description={quiet ? t('quiet') : t('popsUp')}
                checked={!quiet}
                onChange={() => setMutedLocations(quiet ? muted.filter((each) => each !== id) : [...muted, id])}
              />
            </li>
          );
        })}
      </ul>
      <p className={classes.always}>{t('always')}</p>
      <div className={classes.buttons}>
        <Button onClick={onClose}>{t('done')}</Button>
        {muted.length > 0 && (
          <Button variant="default" onClick={() => setMutedLocations([])}>
            {t('none')}
          </Button>
        )}
      </div>
    </Modal>
  );
}
