import { IconCircleCheckFilled, IconLock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { importLimit, useImport, usePreviewImport } from '../../api/imports';
import { ExportButton } from '../../domain/exports/export-button';
import { errorSentence } from '../../shared/error-sentence';
import { ApiError } from '../../shared/http';
import { useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { EmptyState, RowSkeletons } from '../../shared/ui/states';
import { CatalogueTabs } from './catalogue-tabs';
import classes from './catalogue.module.css';
import { FileDrop, useFileDrop } from './file-drop';
import { ImportPreview } from './import-preview';
import { reportCounts } from './report-counts';

export function ImportPage() {
  const { t } = useTranslation('catalogue');
  const admin = useUser().role === 'ADMIN';
  return (
    <div className={classes.page}>
      <CatalogueTabs />
      {admin ? (
        <Import />
      ) : (
        <EmptyState icon={<IconLock size={24} stroke={1.7} />} title={t('import.only')} hint={t('import.onlyHint')} />
      )}
    </div>
  );
}

/** A file as it was when it was dropped: what is shown is what is imported. */
interface ChosenFile {
  name: string;
  content: Blob;
}

/** Drop a file, see what it would change, take it or leave it. */
function Import() {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const [file, setFile] = useState<ChosenFile | null>(null);
  const [problem, setProblem] = useState<'tooLarge' | 'unreadable' | null>(null);
  const preview = usePreviewImport();
  const take = useImport({
    onError: (error, content) => {
      // What the file meets has changed since the preview.
      if (error instanceof ApiError && error.code === 'INVALID_REQUEST') preview.mutate(content);
    },
  });

  const handleLeave = () => {
    setFile(null);
    preview.reset();
    take.reset();
  };
  const handleFile = async (chosen: File) => {
    // What is being written is not taken back.
    if (take.isPending) return;
    handleLeave();
    setProblem(chosen.size > importLimit ? 'tooLarge' : null);
    if (chosen.size > importLimit) return;
    try {
      const content = new Blob([await chosen.arrayBuffer()], { type: 'text/csv' });
      setFile({ name: chosen.name, content });
      preview.mutate(content);
    } catch {
      setProblem('unreadable');
    }
  };

  const over = useFileDrop((chosen) => void handleFile(chosen));

  if (take.isSuccess) {
    return (
      <section className={classes.panel} data-testid="import-done">
        <EmptyState
          icon={<IconCircleCheckFilled size={26} />}
          title={t('import.done')}
          hint={t('import.doneHint', reportCounts(take.data, t))}
          action={
            <div className={classes.buttons}>
              <Button onClick={handleLeave}>{t('import.another')}</Button>
              <Link to="/products">{t('import.toProducts')}</Link>
            </div>
          }
        />
      </section>
    );
  }
  return (
    <>
      {file === null && (
        <>
          <FileDrop over={over} onFile={(chosen) => void handleFile(chosen)} />
          {problem !== null && (
            <p className="field-error" role="alert">
              {t(`import.${problem}`)}
            </p>
          )}
          <section className={classes.panel}>
            <h2 className={classes.heading}>{t('import.how')}</h2>
            <p className={classes.text}>{t('import.howText')}</p>
            <div className={classes.buttons}>
              <ExportButton list="stock" filter={{}} label={common('nav.stock')} />
              <ExportButton list="products" filter={{}} label={t('tabs.products')} />
              <ExportButton list="partners" filter={{}} label={common('nav.partners')} />
            </div>
          </section>
        </>
      )}
      {preview.isPending && (
        <section className={classes.panel} aria-label={t('import.reading')}>
          <p className={classes.text} role="status">
            {t('import.reading')}
          </p>
          <RowSkeletons rows={4} />
        </section>
      )}
      {preview.error !== null && file !== null && (
        <Refused
          error={preview.error}
          busy={preview.isPending}
          onRetry={() => preview.mutate(file.content)}
          onLeave={handleLeave}
        />
      )}
      {preview.isSuccess && file !== null && (
        <ImportPreview
          file={file.name}
          report={preview.data}
          busy={take.isPending}
          error={take.error}
          onTake={() => take.mutate(file.content)}
          onLeave={handleLeave}
        />
      )}
    </>
  );
}

interface RefusedProps {
  error: Error;
  busy: boolean;
  onRetry: () => void;
  onLeave: () => void;
}

/** The file could not be checked at all. */
function Refused({ error, busy, onRetry, onLeave }: RefusedProps) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  return (
    <section className={classes.panel}>
      <p className="field-error" role="alert">
        {error instanceof ApiError && error.code === 'RATE_LIMITED'
          ? t('import.busy')
          : error instanceof ApiError && error.code === 'TOO_LARGE'
            ? t('import.tooLarge')
            : errorSentence(error, common)}
      </p>
      <div className={classes.buttons}>
        <Button loading={busy} onClick={onRetry}>
          {common('common.retry')}
        </Button>
        <Button variant="default" onClick={onLeave}>
          {t('import.leave')}
        </Button>
      </div>
    </section>
  );
}
