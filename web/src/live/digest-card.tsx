import { IconHistory, IconX } from '@tabler/icons-react';
import { countByType, eventEntry, showEvent } from '../events/registry';
import { formatTime } from '../shared/format';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { Button } from '../shared/ui/controls/button';
import classes from './toast-region.module.css';
import { KindIcon } from './kind-icon';
import { useLiveTools } from './live-context';
import { useStore } from '@harang/react';
import { useSeen } from './use-seen';

const shownAtMost = 3;
const urgency = ['error', 'warning', 'success'];

/** What came while away, as one card, from one event up. It stays until somebody deals with it. */
export function DigestCard() {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { controller } = useLiveTools();
  const digest = useStore(controller.digest);

  const events = digest?.deliveries.map(({ event }) => event) ?? [];
  // The urgent first, the newest of them first.
  const urgencyOf = (type: string) => urgency.indexOf(eventEntry(type)?.kind ?? 'success');
  const rows = [...events]
    .reverse()
    .sort((a, b) => urgencyOf(a.type) - urgencyOf(b.type))
    .slice(0, shownAtMost);
  useSeen(events.map(({ eventId }) => eventId));
  if (!digest) return null;

  const n = events.length;
  const from = formatTime(digest.from, language);
  const to = formatTime(digest.to, language);
  return (
    <section className={classes.card} data-testid="digest" data-count={n} role="status">
      <span className={classes.mark} aria-hidden>
        <IconHistory size={19} stroke={1.8} />
      </span>
      <div className={classes.text}>
        <p className={classes.title}>{t('digest.title', { count: n })}</p>
        <p className={classes.detail}>
          {from === to ? t('digest.madeAt', { count: n, from }) : t('digest.made', { count: n, from, to })}
        </p>
        <p className={classes.detail}>{countByType(events, language)}</p>
        <ul className={classes.rows}>
          {rows.map((event) => {
            const shown = showEvent(event, language);
            return (
              <li key={event.eventId}>
                <KindIcon kind={shown.kind} icon={shown.icon} size={22} />
                <span>{shown.title}</span>
              </li>
            );
          })}
        </ul>
        <div className={classes.buttons}>
          <Button variant="light" size="xs" onClick={controller.openPanel}>
            {t('digest.open')}
          </Button>
          {n > rows.length && <span className={classes.rest}>{t('digest.rest', { n: n - rows.length })}</span>}
        </div>
      </div>
      <button
        type="button"
        className={classes.close}
        aria-label={t('digest.close')}
        onClick={() => controller.digest.set(null)}
      >
        <IconX size={17} stroke={2} aria-hidden />
      </button>
    </section>
  );
}
