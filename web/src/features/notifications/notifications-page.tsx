import { IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { type NotificationSeverity, queryOf } from '../../api/notifications';
import { ExportButton } from '../../domain/exports/export-button';
import '../../domain/notifications/messages';
import { type Chosen, NotificationList } from '../../live/notification-list';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { setLocationFilter, useLocationFilter } from '../../shared/location-filter';
import { useSearchWords } from '../../shared/search-words';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import classes from './notifications-page.module.css';

const severities = ['CRITICAL', 'WARNING', 'INFO'] as const;

/** Every notification of the user, on a page of its own. The address names the filters, the location too. */
export function NotificationsPage() {
  const { t } = useTranslation();
  const { t: own } = useTranslation('notifications');
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/notifications' });
  const locationId = useAddressedLocation(address.location);
  const { words, setWords, search } = useSearchWords('/notifications');
  const { type = null, severity = null, unread = false } = address;
  const chosen: Chosen = { type, severity, search, unread };
  const filter = { ...chosen, locationId };

  const handleChoose = (next: Chosen) =>
    void navigate({
      from: '/notifications',
      replace: true,
      search: ({ type: _type, severity: _severity, unread: _unread, ...rest }) => ({
        ...rest,
        ...(next.type !== null && { type: next.type }),
        ...(next.severity !== null && { severity: next.severity }),
        ...(next.unread && { unread: true as const }),
      }),
    });

  return (
    <section className={classes.panel} aria-label={t('notifications.title')}>
      <NotificationList
        chosen={chosen}
        onChoose={handleChoose}
        locationId={locationId}
        filters={
          <div className={classes.filters}>
            <TextField
              type="search"
              aria-label={own('list.search')}
              placeholder={own('list.search')}
              leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
            <SelectField
              aria-label={own('list.severity')}
              value={severity ?? ''}
              onChange={(event) =>
                handleChoose({
                  ...chosen,
                  severity: (event.currentTarget.value || null) as NotificationSeverity | null,
                })
              }
              options={[
                { value: '', label: own('list.anySeverity') },
                ...severities.map((each) => ({ value: each, label: own(`list.severities.${each}`) })),
              ]}
            />
          </div>
        }
        tools={<ExportButton list="notifications" filter={{ ...queryOf(filter), language: useLanguage() }} />}
      />
    </section>
  );
}

/** The location of the header's filter. A link that names one sets it, and the address follows it from then on. */
function useAddressedLocation(named: string | undefined): string | null {
  const navigate = useNavigate();
  const locationId = useLocationFilter();
  const followed = useRef<string | null>(undefined);
  useEffect(() => {
    const first = followed.current === undefined;
    if (followed.current === locationId) return;
    followed.current = locationId;
    if (named === (locationId ?? undefined)) return;
    if (first && named !== undefined) {
      setLocationFilter(named);
      return;
    }
    void navigate({
      from: '/notifications',
      replace: true,
      search: ({ location: _location, ...rest }) => ({ ...rest, ...(locationId !== null && { location: locationId }) }),
    });
  }, [named, locationId, navigate]);
  return locationId;
}
