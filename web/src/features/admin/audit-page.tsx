import { IconHistory } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type AuditEntry, auditQueryOptions } from '../../api/audit';
import { Changes } from '../../domain/audit/changes';
import { actionName } from '../../domain/audit/entry';
import '../../domain/audit/messages';
import { ExportButton } from '../../domain/exports/export-button';
import { useNow } from '../../shared/clock';
import { formatDay, formatNumber, formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { PlainButton } from '../../shared/ui/controls/plain-button';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { EmptyState } from '../../shared/ui/states';
import { AdminOnly, AdminTabs } from './admin-area';
import classes from './audit-page.module.css';

/** The actions that can be chosen, in the order of the list. */
const actions = [
  'session.create',
  'session.refuse',
  'session.end',
  'session.confirm',
  'token.create',
  'user.create',
  'user.update',
  'user.role',
  'user.disable',
  'user.enable',
  'user.password',
  'key.create',
  'key.update',
  'key.revoke',
  'connection.close',
  'rental.cancel',
  'rental.return_unpaid',
  'rental.price',
  'rental.extend',
  'stock.thresholds',
  'stock.expect',
  'product.create',
  'product.update',
  'partner.create',
  'partner.update',
  'card.put',
  'card.delete',
  'location.create',
  'location.update',
  'catalogue.import',
  'list.export',
  'tenant.create',
  'tenant.payments',
];

export function AuditPage() {
  return (
    <AdminOnly>
      <Audit />
    </AdminOnly>
  );
}

/** Who did what, newest first. The filters are in the address, so that what was found can be shown to others. */
function Audit() {
  const { t } = useTranslation('audit');
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/audit' });
  const { actor = null, action = null, subject = null, since = null, until = null } = address;
  const filter = { actor, action, subject, since, until };
  const listed = useInfiniteQuery({ ...auditQueryOptions(filter), placeholderData: keepPreviousData });
  const entries = listed.data?.pages.flatMap((page) => page.items) ?? [];
  const limited = Object.keys(address).length > 0;
  const show = (change: Partial<typeof address>) => {
    const next = Object.entries({ ...address, ...change }).filter(([, value]) => value !== '');
    void navigate({ to: '/audit', replace: true, search: Object.fromEntries(next) });
  };
  // An address may name an action of a later version.
  const known = action === null || actions.includes(action) ? actions : [action, ...actions];
  const actorName = entries.find((entry) => entry.actor.id === actor)?.actor.name ?? actor ?? '';
  const subjectName = entries[0] === undefined ? (subject ?? '') : nameOf(entries[0]);

  return (
    <ListPage
      label={t('title')}
      query={listed}
      filters={
        <>
          <AdminTabs />
          <div className={classes.filters}>
            <SelectField
              aria-label={t('what')}
              data-testid="audit-action"
              value={action ?? ''}
              options={[
                { value: '', label: t('everything') },
                ...known.map((value) => ({ value, label: actionName(value) })),
              ]}
              onChange={(event) => show({ action: event.currentTarget.value })}
            />
            <TextField
              type="date"
              aria-label={t('since')}
              data-testid="audit-since"
              value={since ?? ''}
              max={until ?? undefined}
              onChange={(event) => show({ since: event.currentTarget.value })}
            />
            <TextField
              type="date"
              aria-label={t('until')}
              data-testid="audit-until"
              value={until ?? ''}
              min={since ?? undefined}
              onChange={(event) => show({ until: event.currentTarget.value })}
            />
            {limited && (
              <Button variant="default" onClick={() => void navigate({ to: '/audit', replace: true, search: {} })}>
                {t('clear')}
              </Button>
            )}
          </div>
          {actor !== null && <span className={classes.chosen}>{t('onlyWho', { name: actorName })}</span>}
          {subject !== null && <span className={classes.chosen}>{t('only', { name: subjectName })}</span>}
        </>
      }
      tools={<ExportButton list="audit" filter={filter} />}
      empty={
        entries.length > 0 ? null : (
          <EmptyState
            icon={<IconHistory size={24} stroke={1.7} />}
            title={t(limited ? 'emptyFilter' : 'empty')}
            hint={t(limited ? 'emptyFilterHint' : 'emptyHint')}
          />
        )
      }
    >
      {entries.map((entry) => (
        <Row
          key={entry.id}
          entry={entry}
          onActor={() => show({ actor: entry.actor.id })}
          onSubject={() => show({ subject: `${entry.subject.type}:${entry.subject.id}` })}
        />
      ))}
    </ListPage>
  );
}

/** What an entry is about: its name at that time, or the id of something without one. */
const nameOf = ({ subject }: AuditEntry) => (subject.name === '' ? subject.id : subject.name);

function Row({ entry, onActor, onSubject }: { entry: AuditEntry; onActor: () => void; onSubject: () => void }) {
  const { t } = useTranslation('audit');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const { actor } = entry;
  const about = nameOf(entry);
  return (
    <li className={`${list.row} ${classes.row}`} data-testid="audit-row" data-action={entry.action}>
      <div className={list.what}>
        {actor.id === '' ? (
          <p className={list.title}>{t('unknown')}</p>
        ) : (
          <PlainButton className={`${list.title} ${classes.link}`} onClick={onActor}>
            {actor.name}
          </PlainButton>
        )}
        <p className={list.sub}>
          {actor.role !== null && actor.role !== 'SERVICE' && common(`role.${actor.role}`)}
          {actor.role === 'SERVICE' && actor.id}
        </p>
      </div>
      <div className={list.what}>
        <p className={list.title}>
          {actionName(entry.action)}
          {entry.count > 1 && ` · ${t('times', { n: formatNumber(entry.count, language) })}`}
        </p>
        {about !== '' && (
          <PlainButton className={`${list.sub} ${classes.link}`} onClick={onSubject}>
            {about}
          </PlainButton>
        )}
        <Changes entry={entry} />
      </div>
      <div className={list.when}>
        <span>
          {formatDay(entry.at, language, now)}, {formatTime(entry.at, language)}
        </span>
        {entry.from !== null && <small>{t('from', { address: entry.from })}</small>}
      </div>
    </li>
  );
}
