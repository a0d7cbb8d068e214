import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { Segmented } from '../../shared/ui/segmented';
import './messages';

/** What is archived is out of choices and alerts, keeps everything, and can be restored. */
export function ArchiveFilter({ archived, onChange }: { archived: boolean; onChange: (archived: boolean) => void }) {
  const { t } = useTranslation('catalogue');
  return (
    <Segmented<'current' | 'archived'>
      label={t('archive.filter')}
      value={archived ? 'archived' : 'current'}
      onChange={(value) => onChange(value === 'archived')}
      options={[
        { value: 'current', label: t('archive.current') },
        { value: 'archived', label: t('archive.archived') },
      ]}
    />
  );
}

interface ArchiveButtonProps {
  kind: 'product' | 'location' | 'partner';
  item: { name: string; archived: boolean };
  /** The mutation that saves it. */
  save: { isPending: boolean; error: Error | null };
  onChange: (archived: boolean) => void;
}

/** Archives after asking once, restores at once. */
export function ArchiveButton({ kind, item, save, onChange }: ArchiveButtonProps) {
  const { t } = useTranslation('catalogue');
  const { t: common } = useTranslation();
  return (
    <>
      {item.archived ? (
        <Button
          size="xs"
          variant="light"
          loading={save.isPending}
          aria-label={`${t('archive.end')}: ${item.name}`}
          onClick={() => onChange(false)}
        >
          {t('archive.end')}
        </Button>
      ) : (
        <ConfirmButton
          label={t('archive.begin')}
          subject={item.name}
          question={t(`archive.${kind}`)}
          confirm={t('archive.begin')}
          busy={save.isPending}
          onConfirm={() => onChange(true)}
        />
      )}
      {save.error !== null && (
        <p className="field-error" role="alert">
          {errorSentence(save.error, common)}
        </p>
      )}
    </>
  );
}
