import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { IconAlertTriangle, IconCompass } from '@tabler/icons-react';
import { useTranslation } from '../shared/i18n/i18n';
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

/** Instead of a page that failed; the menu beside it works, and the page can be tried again. */
export function CrashPage({ reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const handleRetry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <EmptyState
      icon={<IconAlertTriangle size={24} stroke={1.7} />}
      title={t('error.crash')}
      hint={t('error.crashHint')}
      action={
        <>
          <Button onClick={handleRetry}>{t('common.retry')}</Button>
          <Button variant="default" onClick={() => location.reload()}>
            {t('error.reload')}
          </Button>
        </>
      }
    />
  );
}
