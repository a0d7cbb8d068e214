import {
  IconArrowLeft,
  IconCreditCard,
  IconMail,
  IconPackageExport,
  IconPhone,
  IconUserOff,
} from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { cardsQueryOptions, partnerQueryOptions, partnerRentalsQueryOptions } from '../../api/partners';
import { HistoryButton } from '../../domain/audit/history-button';
import { statusAt } from '../../domain/rentals/due';
import { useNow } from '../../shared/clock';
import { formatDay, formatMoney } from '../../shared/format';
import { ApiError } from '../../shared/http';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { OnePartner, Rental } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { RentalPill } from '../../shared/ui/pill';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { Widget } from '../../shared/ui/widget';
import '../../domain/partners/messages';
import classes from './partner-page.module.css';
import { EditPartner } from './partners-page';

/** One partner: how to reach it, what it owes, what it has rented, its cards. */
export function PartnerPage() {
  const { t } = useTranslation('partners');
  const { partnerId } = useParams({ from: '/signed-in/partners/$partnerId' });
  const { data, error, isFetching, refetch } = useQuery(partnerQueryOptions(partnerId));
  return (
    <div className={classes.page} data-testid="partner-page">
      <Link to="/partners" className={classes.back}>
        <IconArrowLeft size={17} stroke={1.8} aria-hidden />
        {t('page.back')}
      </Link>
      {error instanceof ApiError && error.code === 'NOT_FOUND' ? (
        <EmptyState
          icon={<IconUserOff size={24} stroke={1.7} />}
          title={t('page.missing')}
          hint={t('page.missingHint')}
        />
      ) : error !== null ? (
        <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />
      ) : data === undefined ? (
        <RowSkeletons rows={4} tall />
      ) : (
        <Partner partner={data} />
      )}
    </div>
  );
}

function Partner({ partner }: { partner: OnePartner }) {
  const { t } = useTranslation('partners');
  const language = useLanguage();
  const now = useNow();
  const { role } = useUser();
  const modal = useModalContent<OnePartner>();
  const owes = partner.owedAmount > 0;
  return (
    <>
      <section className={classes.head} aria-label={partner.name}>
        <div>
          <h2>{partner.name}</h2>
          <p className={classes.sub}>
            {partner.archived && `${t('page.archived')} · `}
            {partner.lastRentalAt
              ? t('lastRental', { date: formatDay(partner.lastRentalAt, language, now) })
              : t('neverRented')}
          </p>
        </div>
        <div className={classes.actions}>
          {role === 'ADMIN' && <HistoryButton of={{ type: 'partner', id: partner.id }} name={partner.name} />}
          <Button
            size="xs"
            variant="default"
            aria-label={`${t('edit')}: ${partner.name}`}
            onClick={() => modal.show(partner)}
          >
            {t('edit')}
          </Button>
        </div>
        <ul className={classes.contacts} aria-label={t('page.contact')}>
          {partner.phone !== null && (
            <li>
              <IconPhone size={18} stroke={1.7} aria-hidden />
              <a href={`tel:${partner.phone.replace(/[^\d+]/g, '')}`} data-testid="partner-phone">
                {partner.phone}
              </a>
            </li>
          )}
          {partner.email !== null && (
            <li>
              <IconMail size={18} stroke={1.7} aria-hidden />
              <a href={`mailto:${partner.email}`}>{partner.email}</a>
            </li>
          )}
          {partner.phone === null && partner.email === null && <li>{t('page.noContact')}</li>}
        </ul>
        {partner.note !== null && (
          <p className={classes.note} data-testid="partner-note">
            {partner.note}
          </p>
        )}
        {partner.samePhone.length > 0 && (
          <p className={classes.same} data-testid="same-phone">
            {t('samePhone')}{' '}
            {partner.samePhone.map(({ id, name }) => (
              <Link key={id} to="/partners/$partnerId" params={{ partnerId: id }}>
                {name}
              </Link>
            ))}
          </p>
        )}
        <p className={classes.debt} data-owes={owes || undefined} data-testid="partner-owes">
          <span>{t('page.debts')}</span>
          <b>{owes ? formatMoney(partner.owedAmount, language) : t('page.noDebts')}</b>
        </p>
      </section>
      <div className={classes.columns}>
        <Rentals partnerId={partner.id} />
        <Cards partnerId={partner.id} />
      </div>
      <Modal {...modal.props} title={t('edit')}>
        {modal.content !== null && <EditPartner partner={modal.content} onSaved={modal.close} />}
      </Modal>
    </>
  );
}

function Rentals({ partnerId }: { partnerId: string }) {
  const { t } = useTranslation('partners');
  const { t: common } = useTranslation();
  const { data, error, isFetching, isPending, refetch, dataUpdatedAt, ...more } = useInfiniteQuery(
    partnerRentalsQueryOptions(partnerId),
  );
  const rentals = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Widget title={t('page.rentals')} updatedAt={dataUpdatedAt} testId="partner-rentals">
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={4} />}
      {data !== undefined && rentals.length === 0 && (
        <EmptyState
          icon={<IconPackageExport size={24} stroke={1.7} />}
          title={t('page.noRentals')}
          hint={t('page.noRentalsHint')}
        />
      )}
      <ul className={classes.list}>
        {rentals.map((rental) => (
          <RentalRow key={rental.id} rental={rental} />
        ))}
      </ul>
      {more.hasNextPage && (
        <Button variant="default" loading={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
          {common('common.more')}
        </Button>
      )}
    </Widget>
  );
}

function RentalRow({ rental }: { rental: Rental }) {
  const { t } = useTranslation('partners');
  const language = useLanguage();
  const now = useNow();
  const products = rental.lines.map((line) => `${line.quantity} × ${line.productName}`).join(', ');
  return (
    <li className={classes.rental} data-testid="partner-rental" data-rental-id={rental.id}>
      <div className={classes.what}>
        <Link
          to="/rentals"
          search={{ rental: rental.id }}
          className={classes.title}
          aria-label={t('page.rental', { products })}
        >
          {products}
        </Link>
        <small>
          {rental.number} ·{' '}
          {t('page.period', {
            from: formatDay(rental.createdAt, language, now),
            to: formatDay(rental.closedAt ?? rental.dueAt, language, now),
          })}{' '}
          · {rental.locationName}
        </small>
      </div>
      <div className={classes.state}>
        <RentalPill status={statusAt(rental, now)} />
        <b>{formatMoney(rental.totalValue, language, rental.currency)}</b>
        {rental.owedAmount > 0 && (
          <small className={classes.owed}>
            {t('page.owed', { amount: formatMoney(rental.owedAmount, language, rental.currency) })}
          </small>
        )}
      </div>
    </li>
  );
}

/** `2027-10` as it stands on a card: 10/27. */
const cardDate = (expires: string) => `${expires.slice(5)}/${expires.slice(2, 4)}`;

function Cards({ partnerId }: { partnerId: string }) {
  const { t } = useTranslation('partners');
  const { data, error, isFetching, isPending, refetch, dataUpdatedAt } = useQuery(cardsQueryOptions(partnerId));
  return (
    <Widget title={t('page.cards')} updatedAt={dataUpdatedAt} testId="partner-cards">
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      {isPending && <RowSkeletons rows={2} />}
      {data?.items.length === 0 && <p className={classes.none}>{t('page.noCards')}</p>}
      <ul className={classes.list}>
        {data?.items.map((card) => (
          <li key={card.token} className={classes.card}>
            <IconCreditCard size={18} stroke={1.7} aria-hidden />
            <span>{card.label}</span>
            {card.expires !== '' && <small>{t('page.expires', { date: cardDate(card.expires) })}</small>}
          </li>
        ))}
      </ul>
    </Widget>
  );
}
