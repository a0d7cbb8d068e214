import { useRouterState } from '@tanstack/react-router';
import { useTranslation } from '../../shared/i18n/i18n';
import classes from './loading-note.module.css';

/** Says that the page which was asked for cannot be shown yet, when that takes longer than a moment. */
export function LoadingNote() {
  const { t } = useTranslation();
  const waiting = useRouterState({ select: ({ isLoading }) => isLoading });
  return (
    waiting && (
      <p className={classes.note} role="status" data-testid="page-waiting">
        {t('error.waiting')}
      </p>
    )
  );
}
