import { Component, type ReactNode } from 'react';
import { useTranslation } from '../i18n/i18n';
import { reportClientError } from '../client-errors';
import { Button } from './controls/button';
import classes from './states.module.css';

interface ErrorBoundaryProps {
  /** Shown instead of the part that failed; `reset` tries it again. Without it a notice with a retry. */
  fallback?: (reset: () => void) => ReactNode;
  children: ReactNode;
}

/** Keeps the failure of one part of the page from taking the rest down, and reports it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    reportClientError('component', error);
  }

  readonly #reset = (): void => this.setState({ failed: false });

  override render(): ReactNode {
    const { fallback, children } = this.props;
    if (!this.state.failed) return children;
    return fallback ? fallback(this.#reset) : <PartFailed onRetry={this.#reset} />;
  }
}

function PartFailed({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.error} role="alert" data-testid="part-failed">
      <div>
        <p className={classes.title}>{t('error.part')}</p>
        <p className={classes.hint}>{t('error.partHint')}</p>
      </div>
      <Button variant="default" size="xs" onClick={onRetry}>
        {t('common.retry')}
      </Button>
    </div>
  );
}
