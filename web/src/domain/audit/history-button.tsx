import { IconHistory } from '@tabler/icons-react';
import { Suspense } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { lazyAhead } from '../../shared/lazy-ahead';
import { useModalContent } from '../../shared/modal-content';
import { Button } from '../../shared/ui/controls/button';
import { IconButton } from '../../shared/ui/controls/icon-button';
import { Modal } from '../../shared/ui/controls/modal';
import { RowSkeletons } from '../../shared/ui/states';
import classes from './history-button.module.css';
import type { HistoryOf } from './history';

const History = lazyAhead(async () => (await import('./history')).History);

interface HistoryButtonProps {
  of: HistoryOf;
  name: string;
  /** Shows its icon alone, as in a row. */
  compact?: boolean;
}

/** Opens the history of a thing in a window. */
export function HistoryButton({ of, name, compact = false }: HistoryButtonProps) {
  const { t } = useTranslation();
  const modal = useModalContent<HistoryOf>();
  const icon = <IconHistory size={compact ? 18 : 16} stroke={1.7} aria-hidden />;
  const props = {
    'aria-label': `${t('common.history')}: ${name}`,
    'data-testid': `open-${of.type}-history`,
    onClick: () => modal.show(of),
  };
  return (
    <>
      {compact ? (
        <IconButton {...props} className={classes.compact} title={t('common.history')}>
          {icon}
        </IconButton>
      ) : (
        <Button {...props} size="xs" variant="default" leftSection={icon}>
          {t('common.history')}
        </Button>
      )}
      {modal.content !== null && (
        <Modal {...modal.props} title={`${t('common.history')}: ${name}`}>
          <Suspense fallback={<RowSkeletons rows={4} />}>
            <History of={modal.content} />
          </Suspense>
        </Modal>
      )}
    </>
  );
}
