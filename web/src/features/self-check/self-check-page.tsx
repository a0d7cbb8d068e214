import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconClipboardCheck,
  IconCopy,
  IconHourglass,
  IconRefresh,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ComponentType, useEffect, useId, useState, useSyncExternalStore } from 'react';
import { useLive, useLiveTools } from '../../live/live-context';
import { useStore } from '@harang/react';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Pill, type Tone } from '../../shared/ui/pill';
import './messages';
import { reportOf } from './report';
import { groupsOf, overall, type Group, type Row, type State } from './rows';
import classes from './self-check-page.module.css';
import { serverCheckQueryOptions } from '../../api/self-check';
import { TestAlertCard } from './test-alert-card';
import { useTestAlert } from './use-test-alert';

const looks: Record<State, [Tone, ComponentType<{ size?: number; 'aria-hidden'?: boolean }>]> = {
  ok: ['green', IconCircleCheckFilled],
  warn: ['amber', IconAlertTriangleFilled],
  bad: ['red', IconCircleXFilled],
  wait: ['plain', IconHourglass],
};

/** Whether alerts get to this screen, in plain words, and a test alert that proves it. */
export function SelfCheckPage() {
  const { t } = useTranslation('selfCheck');
  const language = useLanguage();
  const user = useUser();
  const { connection, retryNow } = useLive();
  const { controller } = useLiveTools();
  const absences = useStore(controller.absences);
  const server = useQuery(serverCheckQueryOptions());
  const online = useOnline();
  const { state, ask } = useTestAlert();

  // With each look at the server its clock is asked too; nobody is made to dial.
  const connected = connection.status === 'connected';
  const lookedAt = server.dataUpdatedAt;
  useEffect(() => {
    if (connected && lookedAt > 0) retryNow();
  }, [connected, lookedAt, retryNow]);

  const groups = groupsOf(
    {
      user,
      server: server.data,
      serverError: server.error,
      connection,
      absences,
      browser: { online, secure: window.isSecureContext, locks: 'locks' in navigator },
    },
    language,
  );
  const worst = overall(groups);

  return (
    <div className={classes.page} data-testid="self-check" data-state={worst}>
      <div className={classes.head}>
        <p className={classes.overall} role="status">
          <StatePill state={worst} />
          {t(`overall.${worst}`)}
        </p>
        <Button
          variant="default"
          leftSection={<IconRefresh size={17} aria-hidden />}
          loading={server.isFetching && !server.isPending}
          onClick={() => void server.refetch()}
        >
          {t('again')}
        </Button>
      </div>
      <TestAlertCard state={state} onAsk={ask} />
      {groups.map((group) => (
        <GroupCard key={group.id} group={group} />
      ))}
      <CopyReport
        text={() =>
          reportOf(groups, state, { now: new Date(), page: location.href, browser: navigator.userAgent }, language)
        }
      />
    </div>
  );
}

function StatePill({ state }: { state: State }) {
  const { t } = useTranslation('selfCheck');
  const [tone, icon] = looks[state];
  return (
    <Pill tone={tone} icon={icon}>
      {t(`state.${state}`)}
    </Pill>
  );
}

function GroupCard({ group }: { group: Group }) {
  const { t } = useTranslation('selfCheck');
  const heading = useId();
  return (
    <section className={classes.group} aria-labelledby={heading}>
      <h2 id={heading}>{t(`group.${group.id}`)}</h2>
      <ul>
        {group.rows.map((row) => (
          <CheckRow key={row.id} row={row} />
        ))}
      </ul>
    </section>
  );
}

function CheckRow({ row }: { row: Row }) {
  return (
    <li className={classes.row} data-testid="self-check-row" data-check={row.id} data-state={row.state}>
      <span className={classes.name}>{row.name}</span>
      <span className={classes.said}>
        {row.text}
        {row.more !== undefined && <small>{row.more}</small>}
      </span>
      <StatePill state={row.state} />
    </li>
  );
}

/** Copies the page as text; where the browser forbids that, shows the text. */
function CopyReport({ text }: { text: () => string }) {
  const { t } = useTranslation('selfCheck');
  const [copied, setCopied] = useState(false);
  const [byHand, setByHand] = useState<string | null>(null);

  const handleCopy = async () => {
    const report = text();
    try {
      await navigator.clipboard.writeText(report);
      setCopied(true);
      setByHand(null);
    } catch {
      setByHand(report);
    }
  };

  return (
    <div className={classes.copy}>
      <Button
        variant="default"
        data-testid="self-check-copy"
        leftSection={copied ? <IconClipboardCheck size={17} aria-hidden /> : <IconCopy size={17} aria-hidden />}
        onClick={handleCopy}
      >
        {t('copy')}
      </Button>
      <span role="status">{copied && t('copied')}</span>
      {byHand !== null && (
        <label className={classes.byHand}>
          {t('byHand')}
          <textarea readOnly rows={12} value={byHand} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
    </div>
  );
}

function subscribeOnline(run: () => void): () => void {
  window.addEventListener('online', run);
  window.addEventListener('offline', run);
  return () => {
    window.removeEventListener('online', run);
    window.removeEventListener('offline', run);
  };
}

function useOnline(): boolean {
  return useSyncExternalStore(subscribeOnline, () => navigator.onLine);
}
