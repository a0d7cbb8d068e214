import { IconFileUpload } from '@tabler/icons-react';
import { useEffect, useId, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import classes from './catalogue.module.css';

/**
 * Takes a file that is dropped anywhere on the page, where the browser would leave the page and show the file. Answers
 * whether one is over the page.
 */
export function useFileDrop(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const handleOver = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const handleLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const handleDrop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) onFile(file);
    };
    window.addEventListener('dragover', handleOver);
    window.addEventListener('dragleave', handleLeave);
    window.addEventListener('drop', handleDrop);
    return () => {
      window.removeEventListener('dragover', handleOver);
      window.removeEventListener('dragleave', handleLeave);
      window.removeEventListener('drop', handleDrop);
    };
  }, [onFile]);
  return over;
}

/** Says where to drop a file, and offers to choose one. */
export function FileDrop({ over, onFile }: { over: boolean; onFile: (file: File) => void }) {
  const { t } = useTranslation('catalogue');
  const hint = useId();
  return (
    <div className={classes.drop} data-testid="import-drop" data-over={over || undefined}>
      <span className={classes.dropIcon} aria-hidden>
        <IconFileUpload size={28} stroke={1.6} />
      </span>
      <p className={classes.dropTitle}>{t('import.drop')}</p>
      <p id={hint} className={classes.text}>
        {t('import.dropHint')}
      </p>
      <label className={classes.choose}>
        {t('import.choose')}
        <input
          type="file"
          accept=".csv,.txt,text/csv"
          aria-describedby={hint}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            // The same file, corrected, can be chosen again.
            event.currentTarget.value = '';
            if (file !== undefined) onFile(file);
          }}
        />
      </label>
    </div>
  );
}
