import { IconBan, IconCircleCheckFilled, IconClockFilled, IconClockX, IconEdit, IconKey } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ComponentProps } from 'react';
import { useNow } from '../../shared/clock';
import { errorSentence } from '../../shared/error-sentence';
import { formatAgo, formatDay, formatNumber } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useFocusRestore } from '../../shared/focus-restore';
import { useModalContent } from '../../shared/modal-content';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { Pill } from '../../shared/ui/pill';
import { EmptyState } from '../../shared/ui/states';
import { AdminOnly, AdminTabs } from './admin-area';
import classes from './admin.module.css';
import { type ApiKey, apiKeysQueryOptions, useRevokeApiKey } from '../../api/api-keys';
import { ChangeKeyForm, NewKeyForm, scopeNames } from './key-form';
import { Secret } from './secret';

export function ApiKeysPage() {
  return (
    <AdminOnly>
      <ApiKeys />
    </AdminOnly>
  );
}

/** The keys of other programs, the good ones first. */
function ApiKeys() {
  const { t } = useTranslation('admin');
  const modal = useModalContent<'new' | { secret: string } | { change: ApiKey }>();
  const open = modal.content;
  const listed = useInfiniteQuery(apiKeysQueryOptions());
  const all = listed.data?.pages.flatMap((page) => page.items) ?? [];
  const keys = [...all.filter((key) => key.revokedAt === null), ...all.filter((key) => key.revokedAt !== null)];
  const changed = open !== null && open !== 'new' && 'change' in open ? open.change : null;
  return (
    <>
      <ListPage
        label={t('tabs.keys')}
        query={listed}
        filters={<AdminTabs />}
        action={
          <Button leftSection={<IconKey size={18} stroke={1.8} aria-hidden />} onClick={() => modal.show('new')}>
            {t('keys.new')}
          </Button>
        }
        empty={
          keys.length > 0 ? null : (
            <EmptyState icon={<IconKey size={24} stroke={1.7} />} title={t('keys.empty')} hint={t('keys.emptyHint')} />
          )
        }
      >
        {keys.map((key) => (
          <KeyRow key={key.id} item={key} onChange={() => modal.show({ change: key })} />
        ))}
      </ListPage>
      <Modal
        {...modal.props}
        title={t(open === 'new' ? 'keys.new' : changed === null ? 'keys.madeTitle' : 'keys.change')}
      >
        <div ref={useFocusRestore()}>
          {open === 'new' && <NewKeyForm onMade={(secret) => modal.show({ secret })} />}
          {changed !== null && <ChangeKeyForm item={changed} onChanged={modal.close} />}
          {open !== null && open !== 'new' && 'secret' in open && (
            <Secret hint={t('keys.madeHint')} secret={open.secret} onClose={modal.close} />
          )}
        </div>
      </Modal>
    </>
  );
}

const states: Record<ApiKey['status'], Pick<ComponentProps<typeof Pill>, 'tone' | 'icon'>> = {
  ACTIVE: { tone: 'green', icon: IconCircleCheckFilled },
  EXPIRING: { tone: 'amber', icon: IconClockFilled },
  EXPIRED: { tone: 'red', icon: IconClockX },
  REVOKED: { tone: 'plain', icon: IconBan },
};

function KeyRow({ item, onChange }: { item: ApiKey; onChange: () => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const revoke = useRevokeApiKey(item.id);
  return (
    <li
      className={`${list.row} ${classes.key}`}
      data-testid="key-row"
      data-key-id={item.id}
      data-disabled={item.revokedAt !== null || undefined}
    >
      <div>
        <Pill {...states[item.status]}>{t(`keys.status.${item.status}`)}</Pill>
      </div>
      <div className={list.what}>
        <p className={list.title}>{item.name}</p>
        <p className={list.sub}>
          {item.revokedAt === null
            ? [
                t('keys.made', { date: formatDay(item.createdAt, language, now) }),
                item.lastUsedAt === null
                  ? t('keys.unused')
                  : t('keys.used', { ago: formatAgo(item.lastUsedAt, language, now) }),
                ...(item.expiresAt === null
                  ? []
                  : [t('keys.ends', { date: formatDay(item.expiresAt, language, now) })]),
                ...(item.rateLimit === null
                  ? []
                  : [t('keys.perMinute', { n: formatNumber(item.rateLimit, language) })]),
              ].join(' · ')
            : t('keys.ended', { date: formatDay(item.revokedAt, language, now) })}
        </p>
        {item.revokedAt === null && (
          <p className={list.sub} data-testid="key-scopes">
            {t('keys.may', { scopes: item.scopes.map((scope) => t(`keys.scope.${scopeNames[scope]}`)).join(', ') })}
          </p>
        )}
      </div>
      <div className={list.actions}>
        {item.revokedAt === null && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconEdit size={16} stroke={1.8} aria-hidden />}
            aria-label={t('keys.changeOf', { name: item.name })}
            onClick={onChange}
          >
            {t('keys.change')}
          </Button>
        )}
        {item.revokedAt === null && (
          <ConfirmButton
            label={t('keys.revoke')}
            question={t('keys.revokeAsk', { name: item.name })}
            confirm={t('keys.revoke')}
            danger
            busy={revoke.isPending}
            onConfirm={() => revoke.mutate()}
          />
        )}
        {revoke.error !== null && (
          <p className={classes.problem} role="alert">
            {errorSentence(revoke.error, common)}
          </p>
        )}
      </div>
    </li>
  );
}
