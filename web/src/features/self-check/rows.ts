import type { ConnectionSnapshot } from '@harang/react';
import { explainReason } from '../../live/reason/connection-reason';
import type { Absences } from '../../live/controller';
import { errorSentence } from '../../shared/error-sentence';
import { formatNumber, formatSecond } from '../../shared/format';
import { type Language, messageOf, type Translate, translator } from '../../shared/i18n/i18n';
import type { User } from '../../shared/model';
import type { Readiness, ServerCheck } from '../../api/self-check';

/** How it stands with a row; `wait` while it is measured for the first time. */
export type State = 'ok' | 'warn' | 'bad' | 'wait';

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: State;
  readonly text: string;
  /** For those who want to know more. */
  readonly more?: string | undefined;
}

export interface Group {
  readonly id: 'person' | 'server' | 'live' | 'browser';
  readonly rows: readonly Row[];
}

/** Everything that the page looks at. */
export interface Facts {
  readonly user: User;
  readonly server: ServerCheck | undefined;
  readonly serverError: unknown;
  readonly connection: ConnectionSnapshot;
  readonly absences: Absences;
  readonly browser: { readonly online: boolean; readonly secure: boolean; readonly locks: boolean };
}

/** From here on a call of the interface is slow, and a clock is wrong, milliseconds. */
const slow = 1500;
const clockOff = 2000;

/** groupsOf says in plain words how everything stands. */
export function groupsOf(facts: Facts, language: Language): readonly Group[] {
  const t = translator(language, 'selfCheck');
  return [
    { id: 'person', rows: [userRow(facts, t, language)] },
    { id: 'server', rows: serverRows(facts, t, language) },
    { id: 'live', rows: liveRows(facts, t, language) },
    { id: 'browser', rows: browserRows(facts, t, language) },
  ];
}

/** The worst of them; what is still measured says nothing yet. */
export function overall(groups: readonly Group[]): State {
  const states = groups.flatMap(({ rows }) => rows.map(({ state }) => state));
  return (['bad', 'warn', 'wait'] as const).find((each) => states.includes(each)) ?? 'ok';
}

function userRow({ user }: Facts, t: Translate<'selfCheck'>, language: Language): Row {
  const page = translator(language, 'page');
  return {
    id: 'user',
    name: t('row.user'),
    state: 'ok',
    text: `${user.name} · ${page(`role.${user.role}`)} · ${user.tenantName}`,
    more: user.email,
  };
}

function serverRows({ server, serverError }: Facts, t: Translate<'selfCheck'>, language: Language): Row[] {
  const name = t('row.server');
  if (serverError !== null)
    return [{ id: 'server', name, state: 'bad', text: errorSentence(serverError, translator(language, 'page')) }];
  if (server === undefined) return [{ id: 'server', name, state: 'wait', text: t('state.wait') }];
  const { restMs, readiness } = server;
  const ms = formatNumber(restMs, language);
  if (readiness === null)
    return [{ id: 'server', name, state: restMs > slow ? 'warn' : 'ok', text: t('server.hidden', { ms }) }];
  const { version, status } = readiness;
  const first: Row =
    status === 'draining'
      ? { id: 'server', name, state: 'warn', text: t('server.draining') }
      : {
          id: 'server',
          name,
          state: restMs > slow ? 'warn' : 'ok',
          text: t(restMs > slow ? 'server.slow' : 'server.ok', { version, ms }),
        };
  return [
    first,
    ...readiness.parts.map((part): Row => ({
      id: part.name,
      name: messageOf('selfCheck', `row.${part.name}`, { language }) ?? part.name,
      state: part.ok ? 'ok' : 'bad',
      text: part.ok
        ? t('part.ok', { ms: part.ms.toLocaleString(language, { maximumFractionDigits: 1 }) })
        : t('part.down'),
    })),
    ...isolationRows(readiness, t, language),
  ];
}

function isolationRows({ isolation }: Readiness, t: Translate<'selfCheck'>, language: Language): Row[] {
  if (isolation === null) return [];
  const { ok, checked, blocked, rounds, lastSuccess } = isolation;
  const proven = lastSuccess !== null;
  return [
    {
      id: 'isolation',
      name: t('row.isolation'),
      state: !ok ? 'bad' : blocked > 0 || !proven ? 'warn' : 'ok',
      text: ok
        ? t('isolation.ok', { checked: formatNumber(checked, language), blocked: formatNumber(blocked, language) })
        : t('isolation.failed'),
      more: proven
        ? t('isolation.proven', { rounds: formatNumber(rounds, language), at: formatSecond(lastSuccess, language) })
        : t('isolation.off'),
    },
  ];
}

function liveRows({ connection, absences }: Facts, t: Translate<'selfCheck'>, language: Language): Row[] {
  const { status, reason, connectedAt, transport, session, lastDeliveryAt, lastDeliveryMs } = connection;
  const at = (ms: number) => formatSecond(new Date(ms), language);
  const rows: Row[] = [
    status === 'connected' && connectedAt !== null
      ? {
          id: 'connection',
          name: t('row.connection'),
          state: transport === 'polling' ? 'warn' : 'ok',
          text: t(transport === 'polling' ? 'connection.polling' : 'connection.websocket', { at: at(connectedAt) }),
          more: session?.connectionId,
        }
      : {
          id: 'connection',
          name: t('row.connection'),
          state: status === 'reconnecting' ? 'warn' : 'bad',
          text: t(status === 'reconnecting' ? 'connection.reconnecting' : 'connection.disconnected'),
          more: explainReason(connection, language) ?? reason ?? undefined,
        },
  ];
  const continuity = session === null ? 'none' : session.recovered ? 'recovered' : session.gap ? 'gap' : 'first';
  rows.push({
    id: 'continuity',
    name: t('row.continuity'),
    state: continuity === 'none' ? 'wait' : continuity === 'gap' ? 'warn' : 'ok',
    text: t(`continuity.${continuity}`),
    more: session ? t('continuity.more', { rooms: session.rooms.join(', '), position: session.position }) : undefined,
  });
  rows.push({
    id: 'delivery',
    name: t('row.delivery'),
    state: 'ok',
    text:
      lastDeliveryAt === null
        ? t('delivery.none')
        : lastDeliveryMs === null
          ? t('delivery.at', { at: at(lastDeliveryAt) })
          : t('delivery.took', { at: at(lastDeliveryAt), ms: formatNumber(lastDeliveryMs, language) }),
  });
  rows.push(missedRow(absences, t, language));
  return rows;
}

function missedRow({ sessions, replayed, gaps }: Absences, t: Translate<'selfCheck'>, language: Language): Row {
  const row = { id: 'missed', name: t('row.missed') };
  const last = gaps.at(-1);
  if (last) {
    const missed = gaps.reduce((sum, { gap }) => sum + (gap.missed ?? 0), 0);
    const words = {
      gaps: gaps.length,
      at: formatSecond(new Date(last.at), language),
      missed: formatNumber(missed, language),
    };
    return { ...row, state: 'warn', text: t(missed > 0 ? 'missed.gap' : 'missed.gapUnknown', words) };
  }
  const reconnects = Math.max(0, sessions - 1);
  return {
    ...row,
    state: 'ok',
    text: reconnects === 0 ? t('missed.none') : t('missed.replayed', { reconnects, replayed }),
  };
}

function browserRows({ connection: { clock }, browser }: Facts, t: Translate<'selfCheck'>, language: Language): Row[] {
  const wrong = clock !== null && Math.abs(clock.offsetMs) > clockOff;
  return [
    {
      id: 'clock',
      name: t('row.clock'),
      state: clock === null ? 'wait' : wrong ? 'warn' : 'ok',
      text:
        clock === null
          ? t('clock.none')
          : t(wrong ? 'clock.off' : 'clock.ok', {
              // Without the "-0" of a clock that is a little behind.
              seconds: (Math.round(clock.offsetMs / 10) / 100 || 0).toLocaleString(language, {
                maximumFractionDigits: 2,
              }),
              ms: formatNumber(clock.roundTripMs, language),
            }),
    },
    {
      id: 'network',
      name: t('row.network'),
      state: browser.online ? 'ok' : 'bad',
      text: t(browser.online ? 'network.ok' : 'network.off'),
    },
    {
      id: 'secure',
      name: t('row.secure'),
      state: browser.secure ? 'ok' : 'warn',
      text: t(browser.secure ? 'secure.ok' : 'secure.off'),
    },
    {
      id: 'tabs',
      name: t('row.tabs'),
      state: browser.locks ? 'ok' : 'warn',
      text: t(browser.locks ? 'tabs.ok' : 'tabs.off'),
    },
  ];
}
