import { IconAlertTriangle, IconX } from '@tabler/icons-react';
import { useTranslation } from '../shared/i18n/i18n';
import classes from './toast-region.module.css';
import { useLiveTools } from './live-context';
import { useStore } from '@harang/react';

/** Says that something is missing from the replay, and that the lists were loaded anew for it. */
export function GapLine() {
  const { t } = useTranslation('live');
  const { controller } = useLiveTools();
  const gap = useStore(controller.gap);
  if (!gap) return null;
  return (
    <section
      className={classes.line}
      data-testid="gap"
      data-reason={gap.reason}
      data-missed={gap.missed ?? ''}
      role="status"
    >
      <IconAlertTriangle size={19} stroke={1.8} aria-hidden />
      <p>
        <b>{t('gap.title')}</b>
        <br />
        {gap.missed === null ? t('gap.unknown') : t('gap.missed', { count: gap.missed })}
      </p>
      <button
        type="button"
        className={classes.close}
        aria-label={t('gap.close')}
        onClick={() => controller.gap.set(null)}
      >
        <IconX size={17} stroke={2} aria-hidden />
      </button>
    </section>
  );
}
