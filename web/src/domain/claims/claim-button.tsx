import { IconUserCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useClaim } from '../../api/claims';
import { useClock } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { formatAgo } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Claim } from '../../shared/model';
import { useUser } from '../../shared/session';
import classes from './claim-button.module.css';
import { Button } from '../../shared/ui/controls/button';

/** After this long without a taker a row says so. */
const lonelyAfter = 10 * 60_000;

/** How long it has been so, who deals with it, or that nobody took it for too long. */
export function ClaimState({
  since,
  claim,
  waits,
}: {
  since: string;
  claim: Claim | null;
  /** Whether it waits for somebody at all. */ waits: boolean;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const user = useUser();
  const by = claim?.by ?? null;
  const ago = useClock((now) => formatAgo(since, language, now));
  const late = useClock((now) => now.getTime() - Date.parse(since) >= lonelyAfter);
  const lonely = waits && by === null && late;
  return (
    <>
      {lonely ? <span className={classes.lonely}>{t('dashboard.nobody', { ago })}</span> : <span>{ago}</span>}
      {by !== null && (
        <span className={classes.claimed} data-mine={by.id === user.id || undefined}>
          <IconUserCheck size={15} stroke={1.9} aria-hidden />
          {by.id === user.id ? t('dashboard.claimedByMe') : t('dashboard.claimed', { name: by.name })}
        </span>
      )}
    </>
  );
}

interface ClaimButtonProps {
  eventId: string;
  claim: Claim | null;
  /** What the row is about, for those who hear the button's name only. */
  subject: string;
}

/** "Intézem", or "Elengedem" for the one who has it; nothing while somebody else does. */
export function ClaimButton({ eventId, claim, subject }: ClaimButtonProps) {
  const { t } = useTranslation();
  const user = useUser();
  const by = claim?.by ?? null;
  // The claim may be of an earlier failure of the same rental.
  const claiming = useClaim(by === null ? eventId : (claim?.eventId ?? eventId));
  // A refusal has no reason any more when the claim is given back.
  const [settled, setSettled] = useState<Error | null>(null);
  const [holder, setHolder] = useState(by?.id);
  if (by?.id !== holder) {
    setHolder(by?.id);
    if (by === null) setSettled(claiming.error);
  }
  const label = t(by === null ? 'dashboard.claim' : 'dashboard.release');
  return (
    <>
      {(by === null || by.id === user.id) && (
        <Button
          size="xs"
          variant={by === null ? 'light' : 'subtle'}
          loading={claiming.isPending}
          aria-label={`${label}: ${subject}`}
          onClick={() => claiming.mutate(by === null ? 'claim' : 'release')}
        >
          {label}
        </Button>
      )}
      {claiming.error !== null && claiming.error !== settled && (
        <p className={classes.problem} role="alert">
          {errorSentence(claiming.error, t)}
        </p>
      )}
    </>
  );
}
