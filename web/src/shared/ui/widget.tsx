import { IconCloudOff } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import { serverTime, useClock } from '../clock';
import { useStaleSince } from '../connection';
import { formatAgo } from '../format';
import { useLanguage, useTranslation } from '../i18n/i18n';
import { useLocationFilter } from '../location-filter';
import classes from './widget.module.css';

interface WidgetProps {
  title: string;
  /** Beside the title, at the right. */
  aside?: ReactNode;
  /** How many rows want attention; not shown at 0. */
  count?: number | undefined;
  /** Whether there are more than were counted. */
  more?: boolean;
  /** When the data was read (epoch milliseconds); 0 when it was not yet. */
  updatedAt?: number;
  testId?: string;
  className?: string;
  children: ReactNode;
}

/** A panel of the dashboard. While events cannot arrive it dims and tells how old it is. */
export function Widget({
  title,
  aside,
  count = 0,
  more = false,
  updatedAt = 0,
  testId,
  className,
  children,
}: WidgetProps) {
  const heading = useId();
  const staleSince = useStaleSince(updatedAt);
  return (
    <section
      className={[classes.widget, className].filter(Boolean).join(' ')}
      aria-labelledby={heading}
      data-testid={testId}
      data-offline={staleSince !== null || undefined}
    >
      <header className={classes.head}>
        <h2 id={heading}>
          {title}
          {count > 0 && <span className={classes.count}>{more ? `${count}+` : count}</span>}
        </h2>
        {staleSince !== null && <Age since={staleSince} />}
        {aside !== undefined && <div className={classes.aside}>{aside}</div>}
      </header>
      <div className={classes.body}>{children}</div>
    </section>
  );
}

/** Says that a widget covers all locations while the page is filtered to one. */
export function AllLocations() {
  const { t } = useTranslation();
  return useLocationFilter() !== null && <span className={classes.allLocations}>{t('location.every')}</span>;
}

/** How old data is that cannot be refreshed now. `since` is by this device's clock. */
export function Age({ since }: { since: number }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const ago = useClock((now) => formatAgo(serverTime(since), language, now));
  return (
    <span className={classes.age}>
      <IconCloudOff size={15} stroke={1.8} aria-hidden />
      {t('common.offlineAge', { ago })}
    </span>
  );
}
