import { IconDownload } from '@tabler/icons-react';
import { type ExportFilter, type ExportName, useExport } from '../../api/exports';
import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import classes from './export-button.module.css';
import './messages';
import { saveFile } from './save-file';

interface ExportButtonProps<Name extends ExportName> {
  list: Name;
  /** What the list on the screen is limited to, so that the file has the same lines. */
  filter: ExportFilter<Name>;
  /** What the file has, where several can be saved. */
  label?: string;
}

/** Saves a list as a CSV file, named by the server. */
export function ExportButton<Name extends ExportName>({ list, filter, label }: ExportButtonProps<Name>) {
  const { t } = useTranslation('exports');
  const { t: common } = useTranslation();
  const load = useExport(list, saveFile);
  return (
    <div className={classes.export}>
      <Button
        variant="default"
        leftSection={<IconDownload size={18} stroke={1.7} aria-hidden />}
        loading={load.isPending}
        data-testid={`export-${list}`}
        onClick={() => load.mutate(filter)}
      >
        {label === undefined ? t('save') : t('saveOf', { list: label })}
      </Button>
      <p role="status" className="visually-hidden">
        {load.isSuccess && t('saved', { name: load.data.name })}
      </p>
      {load.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(load.error, common)}
        </p>
      )}
    </div>
  );
}
