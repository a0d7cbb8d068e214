import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { type SyntheticEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSetThresholds } from '../../api/stock';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { Popover } from '../../shared/ui/controls/popover';
import { TextField } from '../../shared/ui/controls/text-field';
import { wholeNumber } from '../../shared/ui/step-input';
import list from '../../shared/ui/list-page.module.css';
import classes from './stock-page.module.css';

/** From how few pieces the item is low, and critical. Managers only. */
export function LevelsButton({ item }: { item: StockItem }) {
  const { t } = useTranslation();
  const title = useId();
  const [open, setOpen] = useState(false);
  const [warning, setWarning] = useState('');
  const [critical, setCritical] = useState('');
  const [problem, setProblem] = useState<{
    warning?: string | undefined;
    critical?: string | undefined;
    other?: string | undefined;
  }>({});

  const save = useSetThresholds(item, {
    onSuccess: () => setOpen(false),
    onError: (error) => {
      const named = {
        warning: fieldSentence(error, 'warningThreshold', t),
        critical: fieldSentence(error, 'criticalThreshold', t),
      };
      setProblem((named.warning ?? named.critical) ? named : { other: errorSentence(error, t) });
    },
  });

  const handleOpen = () => {
    setWarning(String(item.warningThreshold));
    setCritical(String(item.criticalThreshold));
    setProblem({});
    setOpen(true);
  };
  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    const low = wholeNumber(warning);
    const worst = wholeNumber(critical);
    if (low === null || low < 0) {
      setProblem({ warning: t('stock.wholeNumber') });
      return;
    }
    if (worst === null || worst < 0) {
      setProblem({ critical: t('stock.wholeNumber') });
      return;
    }
    if (low !== 0 && low < worst) {
      setProblem({ warning: t('stock.levelsInvalid') });
      return;
    }
    setProblem({});
    save.mutate({ warningThreshold: low, criticalThreshold: worst });
  };

  return (
    <Popover
      opened={open}
      onOpenedChange={(next) => (next ? handleOpen() : setOpen(false))}
      className={classes.levels}
      aria-labelledby={title}
      target={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconAdjustmentsHorizontal size={16} stroke={1.7} aria-hidden />}
          aria-label={t('stock.levelsOf', { product: item.productName })}
        >
          {t('stock.levels')}
        </Button>
      }
    >
      <form noValidate onSubmit={handleSubmit}>
        <p id={title} className={classes.levelsTitle}>
          {t('stock.levelsTitle')}
        </p>
        <p className={`${list.sub} ${classes.where}`}>
          {item.productName} · {item.locationName}
        </p>
        <TextField
          label={t('stock.warningThreshold')}
          inputMode="numeric"
          data-autofocus
          value={warning}
          error={problem.warning}
          onChange={(event) => setWarning(event.currentTarget.value)}
        />
        <TextField
          label={t('stock.criticalThreshold')}
          inputMode="numeric"
          value={critical}
          error={problem.critical}
          onChange={(event) => setCritical(event.currentTarget.value)}
        />
        <p className="field-hint">{t('stock.levelsHint')}</p>
        {problem.other !== undefined && (
          <p className="field-error" role="alert">
            {problem.other}
          </p>
        )}
        <div className={classes.levelsButtons}>
          <Button type="submit" size="xs" loading={save.isPending}>
            {t('common.save')}
          </Button>
          <Button variant="default" size="xs" onClick={() => setOpen(false)}>
            {t('common.cancel')}
          </Button>
        </div>
      </form>
    </Popover>
  );
}
