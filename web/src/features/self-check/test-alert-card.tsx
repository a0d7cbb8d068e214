import { IconBellRinging } from '@tabler/icons-react';
import { useLive } from '../../live/live-context';
import { ApiError } from '../../shared/http';
import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { Timeline } from '../../shared/ui/timeline';
import type { AlertTrace } from './alert-trace';
import classes from './self-check-page.module.css';
import type { TestAlertState } from './use-test-alert';

/** The button, and what became of the alert that it asked for. */
export function TestAlertCard({ state, onAsk }: { state: TestAlertState; onAsk: () => void }) {
  const { t } = useTranslation('selfCheck');
  return (
    <section className={classes.alert} aria-labelledby="test-alert-title">
      <div className={classes.ask}>
        <h2 id="test-alert-title">{t('alert.button')}</h2>
        <p>{t('alert.lead')}</p>
        <Button
          size="md"
          data-testid="test-alert"
          leftSection={<IconBellRinging size={19} aria-hidden />}
          loading={state.name === 'waiting'}
          onClick={onAsk}
        >
          {t('alert.button')}
        </Button>
      </div>
      <div className={classes.result} data-testid="test-alert-result" data-state={state.name} role="status">
        <Result state={state} />
      </div>
    </section>
  );
}

function Result({ state }: { state: TestAlertState }) {
  const { t } = useTranslation('selfCheck');
  const { t: page } = useTranslation();
  const { connection } = useLive();
  switch (state.name) {
    case 'none':
      return null;
    case 'waiting':
      return <p>{t('alert.waiting')}</p>;
    case 'arrived':
      return (
        <>
          <p className={classes.arrived}>{t('alert.arrived', { ms: state.trace.here })}</p>
          <Trace trace={state.trace} />
        </>
      );
    case 'late':
      return (
        <>
          <p className={classes.failed}>{t('alert.late')}</p>
          <p>{t(connection.status === 'connected' ? 'alert.lateHere' : 'alert.lateAway')}</p>
        </>
      );
    case 'failed': {
      const { error } = state;
      const wait = error instanceof ApiError && error.code === 'RATE_LIMITED' ? error.retryAfterMs : null;
      return (
        <p className={classes.failed}>
          {wait === null ? errorSentence(error, page) : t('alert.limited', { seconds: Math.ceil(wait / 1000) })}
        </p>
      );
    }
  }
}

function Trace({ trace }: { trace: AlertTrace }) {
  const { t } = useTranslation('selfCheck');
  return (
    <Timeline
      label={t('alert.trace')}
      unknown={t('alert.unknown')}
      steps={[
        { name: t('alert.asked'), ms: 0 },
        { name: t('alert.committed'), ms: trace.committed },
        { name: t('alert.sent'), ms: trace.sent },
        { name: t('alert.here'), ms: trace.here },
      ]}
    />
  );
}
