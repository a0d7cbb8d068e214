import { IconUserCheck } from '@tabler/icons-react';
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { claimEvent, releaseEvent } from '../claim';
import { useClock } from '../clock';
import { errorSentence } from '../error-sentence';
import { formatAgo } from '../format';
import { useLanguage } from '../i18n/i18n';
import type { Claim } from '../model';
import { useUser } from '../session';
import classes from './claim.module.css';
import { Button } from './controls/button';

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
  /** The list that shows it. */
  queryKey: QueryKey;
}

/** "Intézem", or "Elengedem" for who has it; nothing while somebody else does. */
export function ClaimButton({ eventId, claim, subject, queryKey }: ClaimButtonProps) {
  const { t } = useTranslation();
  const user = useUser();
  const client = useQueryClient();
  const by = claim?.by ?? null;
  const claiming = useMutation({
    mutationFn: (take: boolean) => (take ? claimEvent(eventId) : releaseEvent(claim?.eventId ?? eventId)),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  const label = t(by === null ? 'dashboard.claim' : 'dashboard.release');
  return (
    <>
      {(by === null || by.id === user.id) && (
        <Button
          size="xs"
          variant={by === null ? 'light' : 'subtle'}
          loading={claiming.isPending}
          aria-label={`${label}: ${subject}`}
          onClick={() => claiming.mutate(by === null)}
        >
          {label}
        </Button>
      )}
      {claiming.error !== null && (
        <p className={classes.problem} role="alert">
          {errorSentence(claiming.error, t)}
        </p>
      )}
    </>
  );
}
