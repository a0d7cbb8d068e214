import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import classes from './admin.module.css';

/** A password or key that is shown this once, ready to be copied. */
export function Secret({ hint, secret, onClose }: { hint: string; secret: string; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const [copied, setCopied] = useState(false);
  const handleCopy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      setCopied(true);
    } catch {
      // Not allowed here: the text is selected by a tap, and can be copied by hand.
    }
  };
  return (
    <div className={classes.form}>
      <p className="field-hint">{hint}</p>
      <code className={classes.secret} data-testid="secret">
        {secret}
      </code>
      <div className={classes.buttons}>
        <Button
          variant="light"
          leftSection={copied ? <IconCheck size={17} aria-hidden /> : <IconCopy size={17} aria-hidden />}
          onClick={handleCopy}
        >
          <span aria-live="polite">{t(copied ? 'secret.copied' : 'secret.copy')}</span>
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('secret.close')}
        </Button>
      </div>
    </div>
  );
}
