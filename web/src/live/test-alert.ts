import type { ClockComparison, TestAlert } from '@harang/react';
import { IconBellRinging } from '@tabler/icons-react';
import type { Shown } from '../events/define';
import { formatNumber } from '../shared/format';
import { i18n, type Language } from '../shared/i18n/i18n';

/** A test alert that reached this page, and when by this device's clock (Unix milliseconds). */
export interface ArrivedAlert extends TestAlert {
  readonly hereAt: number;
}

/** How many milliseconds lay between commit and arrival; null before the clocks were compared. */
export function travelTime(alert: ArrivedAlert, clock: ClockComparison | null): number | null {
  const committed = Date.parse(alert.at);
  if (clock === null || Number.isNaN(committed)) return null;
  return Math.max(0, alert.hereAt + clock.offsetMs - committed);
}

/** A test alert as a toast shows it. It is in no list, so there is nothing to open. */
export function showTestAlert(alert: ArrivedAlert, tookMs: number | null, language: Language): Shown {
  const t = i18n.getFixedT(language, 'live');
  return {
    eventId: alert.id,
    timestamp: alert.at,
    type: 'test_alert',
    kind: 'success',
    icon: IconBellRinging,
    claimable: false,
    link: null,
    title: tookMs === null ? t('testAlert.here') : t('testAlert.took', { ms: formatNumber(tookMs, language) }),
    detail: t('testAlert.detail'),
    next: '',
  };
}
