import { useWebSocketEvents, type CreateManager, type Environment } from '@harang/react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { adjustClock } from '../shared/clock';
import { OfflineContext } from '../shared/connection';
import type { User } from '../shared/model';
import { session, useUser } from '../shared/session';
import { createController } from './controller';
import { LiveContext, LiveToolsContext, type Live } from './live-context';
import './messages';
import { notificationCountQueryOptions } from '../api/notifications';

/** The session may have become another's in another tab: theirs must not speak for this user. */
function tokenOf(user: User): string | null {
  const now = session.state().user;
  return now?.id === user.id && now.tenantId === user.tenantId ? session.accessToken() : null;
}

/** Reasons after which the connection does not dial by itself any more. */
const endings: ReadonlySet<string> = new Set(['SIGNED_OUT', 'LOGGED_OUT', 'USER_DISABLED']);

interface LiveProviderProps {
  children: ReactNode;
  /** For tests: the stock client and the world. */
  createManager?: CreateManager;
  environment?: Environment;
}

/**
 * Keeps the connection for the signed-in user and hands what comes to the
 * lists, the bell and the toasts. Mounted once, anew for each user.
 */
export function LiveProvider({ children, createManager, environment }: LiveProviderProps) {
  const user = useUser();
  const client = useQueryClient();
  const [controller] = useState(() => createController(client));

  // Counts up when the session turned out to live on after the connection was ended.
  const [round, setRound] = useState(0);

  const askSession = useCallback(async () => {
    // The refresh cookie alone knows whether the session is over.
    if ((await session.refresh()) === 'ok') setRound((before) => before + 1);
  }, []);

  const {
    retryNow: dialNow,
    markSeen,
    ...connection
  } = useWebSocketEvents({
    identity: `${user.tenantId}/${user.id}/${user.role}/${round}`,
    // One browser, one connection: the tabs of this user have it together.
    shareAs: `${user.tenantId}/${user.id}/${user.role}`,
    token: () => tokenOf(user),
    refresh: () => session.refresh(),
    onEvent: controller.handleEvent,
    onReplay: controller.handleReplay,
    onGap: controller.handleGap,
    onReload: controller.handleReload,
    onSession: controller.handleSession,
    onNotifications: controller.handleNotifications,
    onClaim: controller.handleClaim,
    onTestAlert: (alert) => controller.handleTestAlert(alert, clock),
    onNewLogin: controller.handleNewLogin,
    onSignedOut: ({ reason }) => {
      // SIGNED_OUT is the answer of that very question.
      if (reason !== 'SIGNED_OUT') void askSession();
    },
    createManager,
    environment,
  });

  useQuery(notificationCountQueryOptions(controller.replaceCount));
  useEffect(() => controller.stop, [controller]);
  useHiddenClock(controller.toasts.pause, controller.toasts.resume);

  const {
    status,
    reason,
    retryAt,
    lastDeliveryAt,
    lastDeliveryMs,
    session: info,
    limit,
    connectedAt,
    transport,
    clock,
  } = connection;
  useEffect(() => {
    if (clock) adjustClock(clock.offsetMs);
  }, [clock]);
  useEffect(() => () => adjustClock(0), []);
  useEffect(() => {
    if (reason === 'PASSWORD_CHANGE_REQUIRED') session.requirePasswordChange();
  }, [reason]);
  const ended = reason !== null && endings.has(reason);
  const retryNow = useCallback(() => {
    if (ended) void askSession();
    else dialNow();
  }, [ended, askSession, dialNow]);
  const live = useMemo<Live>(
    () => ({
      connection: {
        status,
        reason,
        retryAt,
        lastDeliveryAt,
        lastDeliveryMs,
        session: info,
        limit,
        connectedAt,
        transport,
        clock,
      },
      retryNow,
    }),
    [status, reason, retryAt, lastDeliveryAt, lastDeliveryMs, info, limit, connectedAt, transport, clock, retryNow],
  );
  const tools = useMemo(() => ({ markSeen, controller }), [markSeen, controller]);

  return (
    <LiveToolsContext value={tools}>
      <LiveContext value={live}>
        <OfflineContext value={useSince(status !== 'connected' && reason !== 'CONNECTING')}>{children}</OfflineContext>
      </LiveContext>
    </LiveToolsContext>
  );
}

/** When the condition began to hold, by this device's clock; null while it does not. */
function useSince(holds: boolean): number | null {
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    if (!holds) return undefined;
    const timer = setTimeout(() => setSince(Date.now()));
    return () => {
      clearTimeout(timer);
      setSince(null);
    };
  }, [holds]);
  return holds ? since : null;
}

/** A hidden tab shows nobody anything: the toasts' clock stands still. */
function useHiddenClock(pause: (why: 'hidden') => void, resume: (why: 'hidden') => void): void {
  useEffect(() => {
    const follow = () => {
      if (document.visibilityState === 'hidden') pause('hidden');
      else resume('hidden');
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => document.removeEventListener('visibilitychange', follow);
  }, [pause, resume]);
}
