import type { FeedEvent, NewLogin, QueuedToast } from '@harang/react';
import { IconBellRinging, IconShieldExclamation } from '@tabler/icons-react';
import type { Shown } from '../events/define';
import { showEvent } from '../events/registry';
import { formatNumber, formatTime } from '../shared/format';
import { type Language, translator } from '../shared/i18n/i18n';
import type { ArrivedAlert } from './test-alert';

/** A login from a new device, under an id for its toast. */
interface QueuedLogin extends NewLogin {
  readonly id: string;
}

/** What a toast is about. */
export type ToastContent =
  | { readonly event: FeedEvent }
  /** `tookMs` is null before the clocks were compared. */
  | { readonly testAlert: ArrivedAlert; readonly tookMs: number | null }
  | { readonly newLogin: QueuedLogin };

export interface QueuedContent extends QueuedToast {
  readonly content: ToastContent;
}

/** What a toast says, in the language of the moment. */
export function showContent(content: ToastContent, language: Language): Shown {
  if ('event' in content) return showEvent(content.event, language);
  if ('testAlert' in content) return showTestAlert(content.testAlert, content.tookMs, language);
  return showNewLogin(content.newLogin, language);
}

/** A test alert is in no list, so there is nothing to open. */
function showTestAlert(alert: ArrivedAlert, tookMs: number | null, language: Language): Shown {
  const t = translator(language, 'live');
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

/** A login from a new device is in no list either, but the account page marks the device. */
function showNewLogin({ id, device, at }: QueuedLogin, language: Language): Shown {
  const t = translator(language, 'live');
  return {
    eventId: id,
    timestamp: at,
    type: 'new_login',
    kind: 'warning',
    icon: IconShieldExclamation,
    claimable: false,
    link: { to: '/account', hash: 'sessions' },
    title: device === '' ? t('newLogin.unknown') : t('newLogin.title', { device }),
    detail: formatTime(at, language),
    next: t('newLogin.next'),
  };
}
