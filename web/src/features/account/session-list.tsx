import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconDeviceDesktop,
  IconDeviceMobile,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { type OwnSession, ownSessionsQueryOptions, useEndOtherSessions, useEndSession } from '../../api/account';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { useFocusRestore } from '../../shared/focus-restore';
import { formatAgo, formatDay, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Pill } from '../../shared/ui/pill';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import classes from './account.module.css';

const phones = /Android|iPhone|iPad|iOS/;

/** The one that asks first, then the last used. */
function inOrder(sessions: readonly OwnSession[]): OwnSession[] {
  return [...sessions].sort(
    (a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt.localeCompare(a.lastUsedAt),
  );
}

/** Where this user is signed in, and how to end that. */
export function SessionList() {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const title = useId();
  const { data, error, isPending, isFetching, refetch } = useQuery(ownSessionsQueryOptions());
  const endOthers = useEndOtherSessions();
  const sessions = inOrder(data?.items ?? []);
  const others = sessions.some(({ current }) => !current);
  return (
    <section
      ref={useFocusRestore()}
      id="sessions"
      className={`${classes.card} ${classes.sessions}`}
      aria-labelledby={title}
    >
      <header className={classes.head}>
        <h2 id={title}>{t('sessions.title')}</h2>
        {others && (
          <ConfirmButton
            label={t('sessions.endOthers')}
            question={t('sessions.endOthersAsk')}
            confirm={t('sessions.endOthers')}
            danger
            busy={endOthers.isPending}
            onConfirm={() => endOthers.mutate()}
          />
        )}
      </header>
      <p className="field-hint">{t('sessions.hint')}</p>
      {endOthers.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(endOthers.error, common)}
        </p>
      )}
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={2} tall />}
      <ul>
        {sessions.map((each) => (
          <SessionRow key={each.id} session={each} />
        ))}
      </ul>
      {data !== undefined && !others && <p className={classes.alone}>{t('sessions.alone')}</p>}
    </section>
  );
}

function SessionRow({ session }: { session: OwnSession }) {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const end = useEndSession(session.id);
  const device = session.device === '' ? t('sessions.unknown') : session.device;
  const Icon = phones.test(device) ? IconDeviceMobile : IconDeviceDesktop;
  const facts = [
    session.network === '' ? null : t('sessions.network', { network: session.network }),
    t('sessions.since', {
      when: `${formatDay(session.createdAt, language, now)}, ${formatTime(session.createdAt, language)}`,
    }),
  ].filter((fact) => fact !== null);
  return (
    <li
      className={classes.session}
      data-testid="session-row"
      data-session-id={session.id}
      data-current={session.current || undefined}
    >
      <span className={classes.device} aria-hidden>
        <Icon size={20} stroke={1.7} />
      </span>
      <div className={classes.facts}>
        <p className={classes.name}>
          {device}
          {session.current && (
            <Pill tone="green" icon={IconCircleCheckFilled}>
              {t('sessions.current')}
            </Pill>
          )}
          {session.newDevice === true && !session.current && (
            <Pill tone="amber" icon={IconAlertTriangleFilled}>
              {t('sessions.new')}
            </Pill>
          )}
        </p>
        <p>{t('sessions.used', { ago: formatAgo(session.lastUsedAt, language, now) })}</p>
        <p className={classes.more}>{facts.join(' · ')}</p>
        {end.error !== null && (
          <p className="field-error" role="alert">
            {errorSentence(end.error, common)}
          </p>
        )}
      </div>
      {!session.current && (
        <ConfirmButton
          label={t('sessions.end')}
          subject={device}
          question={t('sessions.endAsk')}
          confirm={t('sessions.end')}
          danger
          busy={end.isPending}
          onConfirm={() => end.mutate()}
        />
      )}
    </li>
  );
}
