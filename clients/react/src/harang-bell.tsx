'use client';

import type { FeedEvent } from '@harang/client';
import { useEffect, useId, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import {
  bellTexts,
  connectionText,
  describeEvent,
  type BellLanguage,
  type BellSentence,
  type BellTexts,
} from './bell-texts.js';
import { useHarangEvent } from './use-harang-event.js';
import { createToastQueue, type ToastQueue } from './toast-queue.js';
import { useConnection, useConnectionActions } from './use-connection.js';
import { useNotifications, useUnreadCount } from './use-notifications.js';
import type { NotificationItem } from './notification-store.js';

export interface HarangBellProps {
  /** Hungarian without it. */
  readonly language?: BellLanguage | undefined;
  /** What is said of an event; null leaves it to the bell. */
  readonly describe?: ((event: FeedEvent, language: BellLanguage) => BellSentence | null) | undefined;
  /** A person chose a notification: open the record it is about. */
  readonly onSelect?: ((event: FeedEvent) => void) | undefined;
}

interface BellToast {
  readonly id: string;
  readonly urgent: boolean;
  /** null for the batch of a replay. */
  readonly event: FeedEvent | null;
  readonly replayed: number;
}

type Describe = (event: FeedEvent) => BellSentence;

/**
 * HarangBell is the bell with the unread count, the list it opens, and the toasts. Import `@harang/react/bell.css` once.
 * Toasts are shown in one tab of the browser, for 5 s each; what came while away is one toast.
 */
export function HarangBell({ language = 'hu', describe, onSelect }: HarangBellProps) {
  const said = bellTexts(language);
  const count = useUnreadCount();
  const status = useConnection((snapshot) => snapshot.status);
  /** The side of the bell that the list is aligned with: the one with less room beyond it. */
  const [side, setSide] = useState<'left' | 'right' | null>(null);
  const open = side !== null;
  const [toasts] = useState(() => createToastQueue<BellToast>());
  const button = useRef<HTMLButtonElement>(null);
  const panelId = useId();
  const sentence: Describe = (event) => describe?.(event, language) ?? describeEvent(event, language);

  useHarangEvent('*', ({ event, isForegroundTab }) => {
    if (isForegroundTab)
      toasts.add({ id: event.eventId, urgent: sentence(event).kind === 'error', event, replayed: 0 });
  });
  useHarangEvent('replay', ({ deliveries, isForegroundTab, to }) => {
    if (isForegroundTab) toasts.add({ id: `replay ${to}`, urgent: false, event: null, replayed: deliveries.length });
  });
  useHiddenPause(toasts);

  const close = (): void => {
    setSide(null);
    button.current?.focus();
  };
  const handleKey = (pressed: KeyboardEvent): void => {
    if (pressed.key === 'Escape') close();
  };

  return (
    <div className="harang" onKeyDown={open ? handleKey : undefined}>
      <button
        ref={button}
        type="button"
        className="harang-bell"
        data-testid="notification-bell"
        data-status={status}
        aria-label={said.bell(count)}
        aria-expanded={open}
        aria-controls={open ? panelId : undefined}
        onClick={({ currentTarget }) => {
          const { left, right } = currentTarget.getBoundingClientRect();
          setSide(open ? null : left + right < window.innerWidth ? 'left' : 'right');
          toasts.clear();
        }}
      >
        <svg
          viewBox="0 0 24 24"
          width="20"
          height="20"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.8"
          strokeLinecap="round"
          strokeLinejoin="round"
          aria-hidden="true"
        >
          <path d="M6 9a6 6 0 1 1 12 0c0 4.5 1.5 6 2 7H4c.5-1 2-2.5 2-7M10 20a2.2 2.2 0 0 0 4 0" />
        </svg>
        <span
          className="harang-badge"
          data-testid="notification-badge"
          data-count={count}
          hidden={count === 0}
          aria-hidden="true"
        >
          {count > 99 ? '99+' : count}
        </span>
      </button>
      {open && (
        <BellPanel id={panelId} side={side} said={said} sentence={sentence} onClose={close} onSelect={onSelect} />
      )}
      <BellToasts toasts={toasts} said={said} sentence={sentence} onSelect={onSelect} />
    </div>
  );
}

interface PartProps {
  readonly said: BellTexts;
  readonly sentence: Describe;
  readonly onSelect: HarangBellProps['onSelect'];
}

interface PanelProps extends PartProps {
  readonly id: string;
  readonly side: 'left' | 'right';
  readonly onClose: () => void;
}

function BellPanel({ id, side, said, sentence, onClose, onSelect }: PanelProps) {
  const { items, status, hasMore, loadMore, reload, markRead, unreadCount } = useNotifications();
  const { markSeen } = useConnectionActions();
  const panel = useRef<HTMLDivElement>(null);
  const titleId = useId();

  useEffect(() => {
    panel.current?.focus();
  }, []);
  useEffect(() => {
    markSeen(items.map(({ eventId }) => eventId));
  }, [items, markSeen]);

  const select = (item: NotificationItem): void => {
    if (item.readAt === null) void markRead([item.eventId]).catch(() => undefined);
    onSelect?.(item);
  };
  return (
    <div
      ref={panel}
      id={id}
      className="harang-panel"
      data-side={side}
      data-testid="notification-panel"
      role="dialog"
      aria-labelledby={titleId}
      tabIndex={-1}
    >
      <header>
        <h2 id={titleId}>{said.panel}</h2>
        {unreadCount > 0 && (
          <button type="button" onClick={() => void markRead().catch(() => undefined)}>
            {said.markAll}
          </button>
        )}
        <button type="button" className="harang-close" aria-label={said.close} onClick={onClose}>
          ×
        </button>
      </header>
      <BellConnection said={said} />
      {status === 'failed' && (
        <p role="alert">
          {said.failed}{' '}
          <button type="button" onClick={() => void reload()}>
            {said.retry}
          </button>
        </p>
      )}
      {items.length === 0 && status !== 'failed' && <p>{status === 'loading' ? said.loading : said.empty}</p>}
      <ul>
        {items.map((item) => {
          const { kind, title, detail } = sentence(item);
          return (
            <li
              key={item.eventId}
              data-testid="notification-item"
              data-event-id={item.eventId}
              data-type={item.type}
              data-kind={kind}
              data-unread={item.readAt === null ? '' : undefined}
            >
              <button
                type="button"
                onClick={() => {
                  select(item);
                }}
              >
                <strong>{title}</strong>
                {detail !== undefined && <span>{detail}</span>}
                <small>
                  <time dateTime={item.timestamp}>
                    {new Date(item.timestamp).toLocaleString(said.locale, { dateStyle: 'short', timeStyle: 'short' })}
                  </time>
                  {item.claim?.by && ` · ${said.claimed(item.claim.by.name)}`}
                </small>
              </button>
            </li>
          );
        })}
      </ul>
      {hasMore && (
        <button type="button" className="harang-more" onClick={() => void loadMore()}>
          {said.more}
        </button>
      )}
    </div>
  );
}

/** One line while there is no connection. */
function BellConnection({ said }: Pick<PartProps, 'said'>) {
  const { status, reason, limit } = useConnection();
  const { retryNow } = useConnectionActions();
  if (status === 'connected') return null;
  return (
    <p
      className="harang-connection"
      data-testid="connection-status"
      data-status={status}
      data-reason={reason ?? undefined}
    >
      {connectionText({ status, reason, limit }, said)}{' '}
      <button type="button" data-testid="reconnect-now" onClick={retryNow}>
        {said.reconnect}
      </button>
    </p>
  );
}

function BellToasts({ toasts, said, sentence, onSelect }: PartProps & { readonly toasts: ToastQueue<BellToast> }) {
  const { visible, more } = useSyncExternalStore(toasts.shown.subscribe, toasts.shown.get, toasts.shown.get);
  const { markSeen } = useConnectionActions();
  useEffect(() => {
    markSeen(visible.flatMap(({ event }) => (event ? [event.eventId] : [])));
  }, [visible, markSeen]);
  return (
    <section
      className="harang-toasts"
      aria-label={said.toasts}
      onPointerEnter={() => {
        toasts.pause('hover');
      }}
      onPointerLeave={() => {
        toasts.resume('hover');
      }}
      onFocus={() => {
        toasts.pause('focus');
      }}
      onBlur={() => {
        toasts.resume('focus');
      }}
    >
      {visible.map(({ id, event, replayed, urgent }) => {
        const { kind, title, detail } = event
          ? sentence(event)
          : { kind: 'success', title: said.replay(replayed), detail: undefined };
        return (
          <div
            key={id}
            className="harang-toast"
            role={urgent ? 'alert' : 'status'}
            data-testid={event ? 'toast' : 'digest'}
            data-kind={kind}
            data-event-id={event?.eventId}
            data-count={event ? undefined : replayed}
          >
            <button
              type="button"
              className="harang-toast-text"
              disabled={!event || !onSelect}
              onClick={() => {
                toasts.close(id);
                if (event) onSelect?.(event);
              }}
            >
              <strong>{title}</strong>
              {detail !== undefined && <span>{detail}</span>}
            </button>
            <button
              type="button"
              className="harang-close"
              data-testid="toast-close"
              aria-label={said.close}
              onClick={() => {
                toasts.close(id);
              }}
            >
              ×
            </button>
          </div>
        );
      })}
      {more > 0 && <p className="harang-toast">{said.moreToasts(more)}</p>}
    </section>
  );
}

/** The time of the toasts stands still while the tab is hidden. */
function useHiddenPause({ pause, resume }: Pick<ToastQueue<BellToast>, 'pause' | 'resume'>): void {
  useEffect(() => {
    const follow = (): void => {
      if (document.visibilityState === 'hidden') pause('hidden');
      else resume('hidden');
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
    };
  }, [pause, resume]);
}
