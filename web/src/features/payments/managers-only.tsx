import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { isManager } from '../../shared/model';
import { useUser } from '../../shared/session';
import { EmptyState } from '../../shared/ui/states';

/** What only managers see; the others are told so, and nothing is asked for. */
export function ManagersOnly({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  if (isManager(useUser().role)) return children;
  return (
    <EmptyState
      icon={<IconLock size={24} stroke={1.7} />}
      title={t('error.managersOnly')}
      hint={t('error.managersOnlyHint')}
    />
  );
}
