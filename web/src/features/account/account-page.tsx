import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useChangeOwnAccount } from '../../api/account';
import { chooseLanguage, type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { Notice } from '../../shared/ui/notice';
import { Segmented } from '../../shared/ui/segmented';
import classes from './account.module.css';
import { DetailsForm } from './details-form';
import './messages';
import { PasswordForm } from './password-form';
import { SessionList } from './session-list';

/** What a user knows and changes of the own account. */
export function AccountPage() {
  return (
    <div className={classes.page}>
      <div className={classes.forms}>
        <Details />
        <Password />
      </div>
      {/* Last, because it grows when it is read. */}
      <SessionList />
    </div>
  );
}

function Details() {
  const { t } = useTranslation('account');
  const { t: common } = useTranslation();
  const user = useUser();
  const title = useId();
  return (
    <section className={classes.card} aria-labelledby={title}>
      <h2 id={title}>{t('details.title')}</h2>
      <dl className={classes.known}>
        <dt>{t('details.email')}</dt>
        <dd>{user.email}</dd>
        <dt>{t('details.role')}</dt>
        <dd>
          {common(`role.${user.role}`)} · {user.tenantName}
        </dd>
      </dl>
      <DetailsForm />
      <LanguageChoice />
    </section>
  );
}

function LanguageChoice() {
  const { t } = useTranslation('account');
  const language = useLanguage();
  const change = useChangeOwnAccount();
  const handleChange = (next: Language) => {
    void chooseLanguage(next);
    change.mutate({ language: next });
  };
  return (
    <div className={classes.language}>
      <p className="field-label">{t('language.label')}</p>
      <p className="field-hint">{t('language.hint')}</p>
      <Segmented<Language>
        label={t('language.label')}
        value={language}
        options={[
          { value: 'hu', label: 'Magyar' },
          { value: 'en', label: 'English' },
        ]}
        onChange={handleChange}
      />
      {change.error !== null && (
        <p className="field-error" role="alert">
          {t('language.unsaved')}
        </p>
      )}
    </div>
  );
}

function Password() {
  const { t } = useTranslation('account');
  const title = useId();
  const [changed, setChanged] = useState(false);
  return (
    <section className={classes.card} aria-labelledby={title}>
      <h2 id={title}>{t('password.title')}</h2>
      {changed && (
        <Notice
          tone="green"
          icon={<IconCircleCheckFilled size={18} />}
          closeLabel={t('password.close')}
          onClose={() => setChanged(false)}
          testId="password-changed"
        >
          {t('password.changed')}
        </Notice>
      )}
      <PasswordForm submit={t('password.submit')} onChanged={() => setChanged(true)} />
    </section>
  );
}
