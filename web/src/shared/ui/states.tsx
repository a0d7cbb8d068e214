import { IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from '../i18n/i18n';
import { errorSentence } from '../error-sentence';
import { Button } from './controls/button';
import { Skeleton } from './controls/skeleton';
import classes from './states.module.css';

/** Says what will appear here, and when. */
export function EmptyState({
  icon,
  title,
  hint,
  action,
}: {
  icon?: ReactNode;
  title: string;
  hint: string;
  action?: ReactNode;
}) {
  return (
    <div className={classes.state}>
      {icon !== undefined && (
        <span className={classes.icon} aria-hidden>
          {icon}
        </span>
      )}
      <p className={classes.title}>{title}</p>
      <p className={classes.hint}>{hint}</p>
      {action}
    </div>
  );
}

/** What went wrong, with the retry beside it. */
export function ErrorState({ error, onRetry, busy = false }: { error: unknown; onRetry: () => void; busy?: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={classes.error} role="alert">
      <div>
        <p className={classes.title}>{t('error.title')}</p>
        <p className={classes.hint}>{errorSentence(error, t)}</p>
      </div>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconRefresh size={16} aria-hidden />}
        loading={busy}
        onClick={onRetry}
      >
        {t('common.retry')}
      </Button>
    </div>
  );
}

/** Rows in the shape of what comes: a mark, two lines, something at the end. */
export function RowSkeletons({ rows, tall = false }: { rows: number; tall?: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={classes.skeletons} role="status" data-loading>
      <span className="visually-hidden">{t('common.loading')}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={classes.skeleton} data-tall={tall || undefined} aria-hidden>
          <Skeleton height={22} width={78} radius={7} />
          <div>
            <Skeleton height={13} width={`${62 - (row % 3) * 11}%`} radius={4} />
            <Skeleton height={10} width={`${38 - (row % 2) * 9}%`} radius={4} mt={9} />
          </div>
          <Skeleton height={34} width={92} radius={9} />
        </div>
      ))}
    </div>
  );
}
