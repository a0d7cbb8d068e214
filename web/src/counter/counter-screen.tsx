import {
  IconAlertTriangleFilled,
  IconCircleCheck,
  IconCircleDotFilled,
  IconClockExclamation,
  IconPlugConnectedX,
} from '@tabler/icons-react';
import {
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useNow } from '../shared/clock';
import { formatAgo, formatDate, formatDay, formatNumber, formatTime, formatWeekday } from '../shared/format';
import type { Language } from '../shared/i18n/i18n';
import { BellMark } from '../shared/ui/bell-mark';
import type { Access } from './access';
import classes from './counter-screen.module.css';
import { type Counter, createFeed, type FeedState } from './feed';
import { type Say, sayIn } from './texts';

interface CounterScreenProps {
  access: Access;
  language: Language;
}

/** How often a screen that could not open its display tries again, milliseconds. */
const openEvery = 5000;

/** The screen on the wall: what is short and what comes back today, or why it cannot be shown. */
export function CounterScreen({ access, language }: CounterScreenProps) {
  const say = sayIn(language);
  const status = useSyncExternalStore(access.subscribe, access.status);
  const [feed] = useState(() => createFeed(access));
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const opening = status === 'opening' || status === 'unreachable';
  useEffect(() => {
    if (!opening) return undefined;
    void access.refresh();
    const timer = setInterval(() => void access.refresh(), openEvery);
    return () => clearInterval(timer);
  }, [access, opening]);
  useEffect(() => {
    if (status !== 'open') return undefined;
    feed.start();
    return feed.stop;
  }, [feed, status]);
  useEffect(() => {
    document.title = state.counter === null ? `Harang · ${say('title')}` : `${state.counter.name} · Harang`;
  });

  switch (status) {
    case 'opening':
      return <Message title={say('opening')} busy />;
    case 'unreachable':
      return <Message title={say('unreachable')} busy />;
    case 'none':
      return (
        <Message title={say('none')} hint={say('noneHint')}>
          <a className={classes.button} href="/login?redirect=%2Fcounter">
            {say('signIn')}
          </a>
        </Message>
      );
    case 'invalid':
      return <Message title={say('invalid')} hint={say('revokedHint')} />;
    case 'revoked':
      return <Message title={say('revoked')} hint={say('revokedHint')} />;
    case 'taken':
      return (
        <Message title={say('taken')} hint={say('takenHint')}>
          <button className={classes.button} type="button" onClick={access.takeOver}>
            {say('takeBack')}
          </button>
        </Message>
      );
    case 'open':
      if (state.counter === null) {
        return <Message title={say(state.failing ? 'unreachable' : 'opening')} busy />;
      }
      return <Board counter={state.counter} state={state} language={language} say={say} />;
  }
}

function Message(props: { title: string; hint?: string; busy?: boolean; children?: ReactNode }) {
  return (
    <main className={classes.message} data-testid="counter-message" aria-busy={props.busy}>
      <BellMark size={72} />
      <h1>{props.title}</h1>
      {props.hint !== undefined && <p>{props.hint}</p>}
      {props.children}
    </main>
  );
}

interface BoardProps {
  counter: Counter;
  state: FeedState;
  language: Language;
  say: Say;
}

function Board({ counter, state, language, say }: BoardProps) {
  const now = useNow();
  const away = state.connection !== 'connected';
  const one = counter.location !== null;
  return (
    <main className={classes.board} data-testid="counter" data-away={away || state.failing || undefined}>
      <header className={classes.header}>
        <BellMark size={52} />
        <div className={classes.place}>
          <h1>{counter.location?.name ?? say('everywhere')}</h1>
          <p>{counter.tenantName}</p>
        </div>
        <p className={classes.connection} data-testid="connection-status" data-status={state.connection} role="status">
          {away ? <IconPlugConnectedX aria-hidden /> : <IconCircleDotFilled aria-hidden />}
          <span>
            {say(away ? (state.connection === 'reconnecting' ? 'connecting' : 'away') : 'connected')}
            {(away || state.failing) && <small>{say('asOf', { time: formatTime(counter.time, language) })}</small>}
          </span>
        </p>
        <p className={classes.clock}>
          <time dateTime={now.toISOString()}>{formatTime(now, language)}</time>
          <small>
            {formatWeekday(now, language)}, {formatDate(now, language, now)}
          </small>
        </p>
      </header>
      <div className={classes.columns}>
        <Column
          title={say('alerts')}
          count={counter.alertCount}
          language={language}
          empty={counter.alerts.length > 0 ? null : <Empty title={say('noAlerts')} hint={say('noAlertsHint')} />}
        >
          <Rows
            language={language}
            say={say}
            count={counter.alertCount}
            rows={counter.alerts.map((alert) => (
              <Alert
                key={`${alert.productId}/${alert.locationId}/${alert.since}`}
                {...{ alert, language, say, now, one }}
              />
            ))}
          />
        </Column>
        <div className={classes.stack}>
          <Column
            title={say('returns')}
            count={counter.returnCount}
            language={language}
            empty={counter.returns.length > 0 ? null : <Empty title={say('noReturns')} hint={say('noReturnsHint')} />}
          >
            <Rows
              language={language}
              say={say}
              count={counter.returnCount}
              rows={counter.returns.map((rental) => (
                <Return key={rental.id} {...{ rental, language, say, now, one }} />
              ))}
            />
          </Column>
          {counter.overdueCount > 0 && (
            <Column title={say('late')} count={counter.overdueCount} language={language} empty={null}>
              <Rows
                language={language}
                say={say}
                count={counter.overdueCount}
                rows={counter.overdue.map((rental) => (
                  <Return key={rental.id} {...{ rental, language, say, now, one }} earlier />
                ))}
              />
            </Column>
          )}
        </div>
      </div>
    </main>
  );
}

interface ColumnProps {
  title: string;
  count: number;
  language: Language;
  empty: ReactNode;
  children: ReactNode;
}

function Column({ title, count, language, empty, children }: ColumnProps) {
  return (
    <section className={classes.column}>
      <h2>
        {title} <span>{formatNumber(count, language)}</span>
      </h2>
      {empty ?? children}
    </section>
  );
}

function Empty({ title, hint }: { title: string; hint: string }) {
  return (
    <div className={classes.empty}>
      <IconCircleCheck aria-hidden />
      <p>{title}</p>
      <small>{hint}</small>
    </div>
  );
}

/** As many rows as fit, and how many do not. Where the page scrolls, all are shown. */
function Rows({ rows, count, language, say }: { rows: ReactNode[]; count: number; language: Language; say: Say }) {
  const list = useRef<HTMLUListElement>(null);
  const fits = useFits(list);
  // The last place is that of the words about the others.
  const shown = rows.slice(0, rows.length > fits || count > rows.length ? Math.max(1, fits - 1) : fits);
  return (
    <ul ref={list} className={classes.rows}>
      {shown}
      {count > shown.length && (
        <li className={classes.more}>{say('more', { n: formatNumber(count - shown.length, language) })}</li>
      )}
    </ul>
  );
}

function useFits(list: RefObject<HTMLUListElement | null>): number {
  const [fits, setFits] = useState(50);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const measure = () => {
      const row = element.firstElementChild?.getBoundingClientRect().height ?? 0;
      const bounded = getComputedStyle(element).overflowY === 'hidden';
      setFits(!bounded || row === 0 ? 50 : Math.max(1, Math.floor((element.clientHeight + 1) / row)));
    };
    measure();
    if (!('ResizeObserver' in window)) return undefined;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [list]);
  return fits;
}

interface RowProps {
  language: Language;
  say: Say;
  now: Date;
  /** Everything is at one location, which the header names. */
  one: boolean;
}

function Alert({ alert, language, say, now, one }: RowProps & { alert: Counter['alerts'][number] }) {
  const critical = alert.severity === 'CRITICAL';
  return (
    <li
      className={classes.row}
      data-testid="counter-alert"
      data-product-id={alert.productId}
      data-location-id={alert.locationId}
      data-severity={alert.severity}
    >
      <span className={classes.mark}>
        {critical ? <IconAlertTriangleFilled aria-hidden /> : <IconClockExclamation aria-hidden />}
        {say(critical ? 'critical' : 'warning')}
      </span>
      <span className={classes.what}>
        <b>{alert.productName}</b>
        <small>
          {[
            ...(one ? [] : [alert.locationName]),
            formatAgo(alert.since, language, now),
            ...(alert.expectedAt === null
              ? []
              : [say('ordered', { date: formatDay(alert.expectedAt, language, now) })]),
            ...(alert.claimed ? [say('claimed')] : []),
          ].join(' · ')}
        </small>
      </span>
      <span className={classes.figure}>{say('left', { quantity: formatNumber(alert.quantity, language) })}</span>
    </li>
  );
}

interface ReturnProps extends RowProps {
  rental: Counter['returns'][number];
  /** Was due on an earlier day. */
  earlier?: boolean;
}

function Return({ rental, language, say, now, one, earlier = false }: ReturnProps) {
  const late = new Date(rental.dueAt) < now;
  const products = rental.lines.map(
    ({ productName, quantity }) => `${say('pieces', { n: formatNumber(quantity, language) })} ${productName}`,
  );
  return (
    <li className={classes.row} data-testid="counter-return" data-rental-id={rental.id} data-late={late || undefined}>
      <time className={classes.due} dateTime={rental.dueAt}>
        {earlier ? formatDay(rental.dueAt, language, now) : formatTime(rental.dueAt, language)}
      </time>
      <span className={classes.what}>
        <b>{products.join(', ')}</b>
        <small>{[rental.initials, ...(one ? [] : [rental.locationName])].join(' · ')}</small>
      </span>
      {late && !earlier && (
        <span className={classes.late}>
          <IconClockExclamation aria-hidden />
          {say('isLate')}
        </span>
      )}
    </li>
  );
}
