import { Link } from '@tanstack/react-router';
import { IconAlertTriangle, IconCompass } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../shared/ui/controls/button';
import { EmptyState } from '../shared/ui/states';

export function MissingPage() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<IconCompass size={24} stroke={1.7} />}
      title={t('error.notFound')}
      hint={t('error.notFoundHint')}
      action={<Link to="/">{t('error.home')}</Link>}
    />
  );
}

export function CrashPage() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<IconAlertTriangle size={24} stroke={1.7} />}
      title={t('error.crash')}
      hint={t('error.crashHint')}
      action={<Button onClick={() => location.reload()}>{t('error.reload')}</Button>}
    />
  );
}
