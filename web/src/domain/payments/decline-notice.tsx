import { IconArrowRight, IconCreditCardOff, IconHourglass } from '@tabler/icons-react';
import { explainDecline } from '../declines/decline';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import classes from './decline-notice.module.css';
import './messages';

interface DeclineNoticeProps {
  code: string | null;
  message: string | null;
  /** The provider has not said yet what became of the payment. */
  pending?: boolean;
}

/** Why a payment failed, and what to do now. */
export function DeclineNotice({ code, message, pending = false }: DeclineNoticeProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('payments');
  const language = useLanguage();
  const { meaning, next } = explainDecline(code, message, language, pending ? 'PENDING' : 'DECLINED');
  return (
    <div className={classes.notice} data-pending={pending || undefined} role="alert">
      {pending ? (
        <IconHourglass size={22} stroke={1.7} aria-hidden />
      ) : (
        <IconCreditCardOff size={22} stroke={1.7} aria-hidden />
      )}
      <div>
        <p className={classes.meaning}>{meaning}</p>
        {pending ? (
          <p>{own('pending')}</p>
        ) : (
          <p className={classes.next}>
            <IconArrowRight size={16} aria-hidden />
            <span className="visually-hidden">{t('payments.next')}: </span>
            {next}
          </p>
        )}
      </div>
    </div>
  );
}
