import { useStore } from '@harang/react';
import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { summaryQueryOptions } from '../../api/dashboard';
import { locationsQueryOptions } from '../../api/locations';
import { productsQueryOptions } from '../../api/products';
import { useAskTestAlert } from '../../api/self-check';
import { usersQueryOptions } from '../../api/users';
import { useLiveTools } from '../../live/live-context';
import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { ErrorState } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import classes from './first-steps.module.css';
import './messages';

/** How long a test alert may take before the page says where to look. */
const patience = 5000;

/** What an administrator of an empty shop does first; each step's state is that of the shop's data. */
export function FirstSteps() {
  const { t } = useTranslation('dashboard');
  const summary = useQuery(summaryQueryOptions(null));
  const locations = useQuery(locationsQueryOptions());
  const products = useQuery(productsQueryOptions(''));
  const people = useInfiniteQuery(usersQueryOptions());
  const heard = useTestAlertHeard();
  const all = [summary, locations, products, people];
  const failed = all.find(({ error }) => error !== null);
  if (failed?.error != null) {
    return (
      <Widget title={t('first.title')}>
        <ErrorState error={failed.error} busy={failed.isFetching} onRetry={() => failed.refetch()} />
      </Widget>
    );
  }
  if (summary.data === undefined || locations.data === undefined || products.data === undefined || !people.data)
    return null;

  const { critical, warning, ok } = summary.data.stock;
  const items = critical + warning + ok;
  const places = locations.data.items.length;
  const kinds = products.data.items.length;
  const members = people.data.pages.flatMap((page) => page.items).filter(({ disabled }) => !disabled).length;
  if (items > 0 && places > 0 && members > 1 && heard) return null;

  return (
    <Widget title={t('first.title')} testId="first-steps">
      <p className={classes.lead}>{t('first.lead')}</p>
      <ol className={classes.steps}>
        <Step
          name={t('first.locations.name')}
          done={places > 0 && t('first.locations.done', { count: places })}
          todo={t('first.locations.todo')}
        >
          <StepLink to="/locations">{t('first.locations.act')}</StepLink>
        </Step>
        <Step
          name={t('first.products.name')}
          done={items > 0 && t('first.products.done', { count: items })}
          todo={
            places === 0
              ? t('first.products.waits')
              : kinds > 0
                ? t('first.products.noPieces', { count: kinds })
                : t('first.products.todo')
          }
        >
          <StepLink to="/products">{t('first.products.act')}</StepLink>
          <StepLink to="/products/import">{t('first.products.file')}</StepLink>
        </Step>
        <Step
          name={t('first.people.name')}
          done={members > 1 && t('first.people.done', { count: members })}
          todo={t('first.people.todo')}
        >
          <StepLink to="/users">{t('first.people.act')}</StepLink>
        </Step>
        <TestAlertStep heard={heard} />
      </ol>
    </Widget>
  );
}

interface StepProps {
  name: string;
  /** What there is; false while nothing is. */
  done: string | false;
  todo: ReactNode;
  /** How to do it. */
  children: ReactNode;
}

function Step({ name, done, todo, children }: StepProps) {
  const { t } = useTranslation('dashboard');
  return (
    <li className={classes.step} data-testid="first-step" data-done={done !== false}>
      <span className={classes.mark}>
        {done !== false && <IconCircleCheckFilled size={24} role="img" aria-label={t('first.done')} />}
      </span>
      <div>
        <h3>{name}</h3>
        <p>{done === false ? todo : done}</p>
      </div>
      {done === false && <div className={classes.actions}>{children}</div>}
    </li>
  );
}

interface StepLinkProps {
  to: '/locations' | '/products' | '/products/import' | '/users';
  children: ReactNode;
}

function StepLink({ to, children }: StepLinkProps) {
  return (
    <Link to={to} className={classes.link}>
      {children}
    </Link>
  );
}

function TestAlertStep({ heard }: { heard: boolean }) {
  const { t } = useTranslation('dashboard');
  const { t: common } = useTranslation();
  const asking = useAskTestAlert();
  const { submittedAt, isIdle, error } = asking;
  const [late, setLate] = useState<number | null>(null);
  useEffect(() => {
    if (isIdle) return undefined;
    const timer = setTimeout(() => setLate(submittedAt), patience);
    return () => clearTimeout(timer);
  }, [isIdle, submittedAt]);
  const waiting = !isIdle && error === null && late !== submittedAt;
  return (
    <Step
      name={t('first.alert.name')}
      done={heard && t('first.alert.done')}
      todo={
        <span role="status">
          {error !== null ? (
            errorSentence(error, common)
          ) : isIdle ? (
            t('first.alert.todo')
          ) : waiting ? (
            t('first.alert.waiting')
          ) : (
            <>
              {t('first.alert.late')} <Link to="/check">{t('first.alert.check')}</Link>
            </>
          )}
        </span>
      }
    >
      <Button variant="light" size="xs" loading={waiting} onClick={() => asking.mutate()}>
        {t('first.alert.act')}
      </Button>
    </Step>
  );
}

/** Whether a test alert of this person arrived in this browser, now or earlier. */
function useTestAlertHeard(): boolean {
  const { controller } = useLiveTools();
  const { id, tenantId } = useUser();
  const key = `harang-test-alert/${tenantId}/${id}`;
  const now = useStore(controller.testAlerts).length > 0;
  const [earlier] = useState(() => {
    try {
      return localStorage.getItem(key) !== null;
    } catch {
      return false;
    }
  });
  useEffect(() => {
    if (!now) return;
    try {
      localStorage.setItem(key, new Date().toISOString());
    } catch {
      // Without storage it is known until the reload.
    }
  }, [now, key]);
  return now || earlier;
}
