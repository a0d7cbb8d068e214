import { IconLock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { EmptyState } from '../../shared/ui/states';
import { TabRow } from '../../shared/ui/tab-row';
import './messages';

/** What only administrators see; the others are told so, and nothing is asked for. */
export function AdminOnly({ children }: { children: ReactNode }) {
  const { t } = useTranslation('admin');
  if (useUser().role === 'ADMIN') return children;
  return <EmptyState icon={<IconLock size={24} stroke={1.7} />} title={t('only')} hint={t('onlyHint')} />;
}

const tabs = [
  { to: '/users', name: 'users' },
  { to: '/api-keys', name: 'keys' },
  { to: '/displays', name: 'displays' },
  { to: '/connections', name: 'connections' },
  { to: '/audit', name: 'audit' },
] as const;

/** The pages of the settings, beside each other. */
export function AdminTabs() {
  const { t } = useTranslation('admin');
  return (
    <TabRow label={t('tabs.label')}>
      {tabs.map(({ to, name }) => (
        <Link key={to} to={to}>
          {t(`tabs.${name}`)}
        </Link>
      ))}
    </TabRow>
  );
}
