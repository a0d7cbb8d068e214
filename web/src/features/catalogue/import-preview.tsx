import { IconAlertTriangleFilled, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ImportChange, ImportProblem, ImportReport } from '../../api/imports';
import { locationsQueryOptions } from '../../api/locations';
import { errorSentence } from '../../shared/error-sentence';
import { formatMoney, formatNumber } from '../../shared/format';
import { ApiError } from '../../shared/http';
import { type Language, messageOf, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { Pill } from '../../shared/ui/pill';
import classes from './catalogue.module.css';
import { problemSentence } from './problem-sentence';
import { reportCounts } from './report-counts';

interface ImportPreviewProps {
  file: string;
  report: ImportReport;
  busy: boolean;
  /** Why the import did not end well. */
  error: Error | null;
  onTake: () => void;
  onLeave: () => void;
}

/** What a file would change, line by line, with the way to take it or leave it. */
export function ImportPreview({ file, report, busy, error, onTake, onLeave }: ImportPreviewProps) {
  const { t } = useTranslation('catalogue');
  const problems = report.problems ?? [];
  const bad = problems.length > 0;
  const nothing = !bad && report.new === 0 && report.changed === 0;
  const counts = reportCounts(report, t);
  return (
    <section
      className={classes.panel}
      data-testid="import-preview"
      data-new={report.new}
      data-changed={report.changed}
      data-untouched={report.untouched}
      data-problems={problems.length + report.moreProblems}
      aria-label={t('import.preview', { file })}
    >
      <h2 className={classes.heading}>{t('import.preview', { file })}</h2>
      {bad ? (
        <div className={classes.refused} role="alert">
          <p>
            <IconAlertTriangleFilled size={16} aria-hidden />
            {t('import.problems', { count: problems.length + report.moreProblems })}
          </p>
          <p className={classes.text}>{t('import.problemsHint')}</p>
        </div>
      ) : (
        <p className={`facts ${classes.counts}`} role="status">
          {nothing ? (
            <span>{t('import.nothingChanges')}</span>
          ) : (
            <>
              <b>{counts.new}</b>
              <b>{counts.changed}</b>
            </>
          )}
          <span>{counts.untouched}</span>
        </p>
      )}
      {bad ? (
        <Problems problems={problems} more={report.moreProblems} />
      ) : (
        <Changes changes={report.changes ?? []} more={report.moreChanges} />
      )}
      {error !== null && <ImportError error={error} />}
      <div className={classes.buttons}>
        {!bad && !nothing && (
          <Button data-testid="import-take" loading={busy} onClick={onTake}>
            {t('import.take')}
          </Button>
        )}
        <Button variant="default" data-testid="import-leave" disabled={busy} onClick={onLeave}>
          {t(bad || nothing ? 'import.another' : 'import.leave')}
        </Button>
        {busy && (
          <span className={classes.text} role="status">
            {t('import.taking')}
          </span>
        )}
      </div>
    </section>
  );
}

function ImportError({ error }: { error: Error }) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  const code = error instanceof ApiError ? error.code : '';
  return (
    <p className="field-error" role="alert">
      {code === 'RATE_LIMITED'
        ? t('import.busy')
        : code === 'UNREACHABLE' || code === 'UNAVAILABLE'
          ? t('import.interrupted')
          : errorSentence(error, common)}
    </p>
  );
}

/** The server's name of a column, and the page's for people. */
function useFieldName() {
  useLanguage();
  return (column: string) => messageOf('catalogue', `import.field.${column}`) ?? column.replace(/^"(.*)"$/, '$1');
}

function Problems({ problems, more }: { problems: readonly ImportProblem[]; more: number }) {
  const { t } = useTranslation('catalogue');
  const fieldName = useFieldName();
  return (
    <>
      <ul className={classes.lines}>
        {problems.map((problem, index) => (
          <li key={`${problem.line}/${problem.column}/${index}`} data-testid="import-problem" className={classes.line}>
            <b className={classes.lineNumber}>{t('import.line', { n: problem.line })}</b>
            <div>
              <p className={classes.lineWhat}>
                {fieldName(problem.column)} {problem.column !== 'file' && <code>{problem.column}</code>}
              </p>
              <p className={classes.wrong}>{problemSentence(problem)}</p>
            </div>
          </li>
        ))}
      </ul>
      {more > 0 && <p className={classes.more}>{t('import.more', { n: more })}</p>}
    </>
  );
}

/** How many lines one step shows. */
const step = 50;

/** The changes of one line of the file to one thing. */
interface ChangedThing {
  key: string;
  first: ImportChange;
  changes: ImportChange[];
}

function byThing(changes: readonly ImportChange[]): ChangedThing[] {
  const things = new Map<string, ChangedThing>();
  for (const change of changes) {
    const key = `${change.line}/${change.kind}/${change.id}`;
    const thing = things.get(key);
    if (thing) thing.changes.push(change);
    else things.set(key, { key, first: change, changes: [change] });
  }
  return [...things.values()];
}

function Changes({ changes, more }: { changes: readonly ImportChange[]; more: number }) {
  const { t } = useTranslation('catalogue');
  const language = useLanguage();
  const fieldName = useFieldName();
  const [shown, setShown] = useState(step);
  const { data } = useQuery(locationsQueryOptions());
  const things = byThing(changes);
  const nameOf = ({ kind, id }: ImportChange) => {
    if (kind !== 'stock') return id;
    const slash = id.lastIndexOf('/');
    const place = id.slice(slash + 1);
    return `${id.slice(0, slash)} · ${data?.items.find((each) => each.id === place)?.name ?? place}`;
  };
  return (
    <>
      {things.length > 0 && (
        <ul className={classes.lines}>
          {things.slice(0, shown).map(({ key, first, changes: values }) => (
            <li
              key={key}
              className={classes.line}
              data-testid="import-change"
              data-line={first.line}
              data-kind={first.kind}
            >
              <b className={classes.lineNumber}>{t('import.line', { n: first.line })}</b>
              <div>
                <p className={classes.lineWhat}>
                  {t(`import.kind.${first.kind}`)}: {nameOf(first)}{' '}
                  {first.new && (
                    <Pill tone="green" icon={IconPlus}>
                      {t('import.created')}
                    </Pill>
                  )}
                </p>
                <ul className={classes.values}>
                  {values.map((change) => (
                    <li key={change.field}>
                      <span>{fieldName(change.field)}</span>{' '}
                      {!change.new && (
                        <>
                          <del>{shownValue(change.field, change.before, language) || t('import.nothing')}</del>
                          <span aria-hidden> → </span>
                        </>
                      )}
                      <ins>{shownValue(change.field, change.after, language) || t('import.nothing')}</ins>
                    </li>
                  ))}
                </ul>
              </div>
            </li>
          ))}
        </ul>
      )}
      {things.length > shown && (
        <Button variant="default" size="xs" onClick={() => setShown(shown + step)}>
          {t('import.showMore')} ({things.length - shown})
        </Button>
      )}
      {more > 0 && things.length <= shown && <p className={classes.more}>{t('import.more', { n: more })}</p>}
    </>
  );
}

function shownValue(field: string, value: string, language: Language): string {
  if (value === '') return '';
  if (field === 'dailyPrice') return formatMoney(Number(value), language);
  return /^-?\d+$/.test(value) && field !== 'barcodes' && !field.endsWith('Name')
    ? formatNumber(Number(value), language)
    : value;
}
