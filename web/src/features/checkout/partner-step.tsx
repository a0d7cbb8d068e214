import { IconUser, IconUserPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useNow } from '../../shared/clock';
import { useDebounced } from '../../shared/debounce';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { lazyAhead } from '../../shared/lazy-ahead';
import type { Partner } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { normalizeSearch, matchesSearch } from '../../shared/normalize-search';
import { partnersQueryOptions } from '../../api/partners';
import { Button } from '../../shared/ui/controls/button';
import { Combobox } from '../../shared/ui/controls/combobox';
import { Modal } from '../../shared/ui/controls/modal';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import type { Draft } from '../../domain/rentals/cart';
import { secondLine } from '../../domain/partners/second-line';
import classes from './checkout-page.module.css';
import './messages';

const NewPartner = lazyAhead(async () => (await import('./new-partner')).NewPartner);

/** The value of the option that adds a partner; no id is one blank. */
const newPartner = ' ';

interface PartnerStepProps {
  partner: Draft['partner'];
  problem: string | undefined;
  onPartner: (partner: Draft['partner']) => void;
  /** A partner was added, or one with the same phone number was meant. */
  onFound: (partner: NonNullable<Draft['partner']>) => void;
}

/** Who takes it: searched at the server, so that any number of partners will do; a new one is added here. */
export function PartnerStep({ partner, problem, onPartner, onFound }: PartnerStepProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('checkout');
  const { t: partners } = useTranslation('partners');
  const language = useLanguage();
  const now = useNow();
  const adding = useModalContent<{ name?: string; phone?: string }>();
  const [words, setWords] = useState(partner?.name ?? '');
  // The chosen name in the field is not a search.
  const sought = words === partner?.name ? '' : words.trim();
  const search = useDebounced(sought);
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery({
    ...partnersQueryOptions(search),
    placeholderData: keepPreviousData,
  });
  // Until the answer arrives the list shows only partners that match what is typed now.
  const late = search !== sought || isPlaceholderData;
  const named = (each: Partner) => ({ id: each.id, name: each.name, hint: secondLine(each, partners, language, now) });
  const found = (data?.items ?? []).filter((each) => !late || matchesSearch(each.name, sought)).map(named);
  // The server has filtered already, with its own idea of accents.
  const options = (partner === null || found.some((each) => each.id === partner.id) ? found : [partner, ...found]).map(
    ({ id, name, hint }) => ({ value: id, label: name, ...(hint !== undefined && { hint }) }),
  );
  // Beside those that are found, or instead of them, once the answer is there.
  const offered =
    sought === '' || late || isFetching
      ? options
      : [
          ...options,
          {
            value: newPartner,
            label: own('wizard.newPartner'),
            hint: found.length === 0 ? own('wizard.partnerNone') : sought,
          },
        ];
  const add = () => adding.show(/\d{3}/.test(sought) && !/\p{L}/u.test(sought) ? { phone: sought } : { name: sought });
  const nobody = data?.items.length === 0 && search === '' && !isPlaceholderData;
  // A name typed out in full is as good as one picked from the list.
  const handleBlur = () => {
    const meant = found.filter((each) => sought !== '' && normalizeSearch(each.name) === normalizeSearch(sought));
    if (meant.length !== 1 || meant[0] === undefined) return;
    setWords(meant[0].name);
    onPartner(meant[0]);
  };
  const handleFound = (found: Partner) => {
    adding.close();
    setWords(found.name);
    onFound(named(found));
  };
  return (
    <div className={classes.narrow}>
      <Combobox
        data-testid="wizard-partner"
        data-step-focus
        label={own('wizard.partnerLabel')}
        description={own('wizard.partnerHint')}
        size="md"
        nothingFound={late || isFetching ? t('common.loading') : own('wizard.partnerNone')}
        leftSection={<IconUser size={18} stroke={1.7} aria-hidden />}
        options={offered}
        value={partner && { value: partner.id, label: partner.name }}
        search={words}
        onSearchChange={(typed) => typed !== own('wizard.newPartner') && setWords(typed)}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={handleBlur}
        onChange={(chosen) => {
          if (chosen?.value === newPartner) add();
          else
            onPartner(
              chosen && {
                id: chosen.value,
                name: chosen.label,
                ...(chosen.hint !== undefined && { hint: chosen.hint }),
              },
            );
        }}
        error={problem}
      />
      {partner?.hint !== undefined && sought === '' && (
        <p className="field-hint" data-testid="wizard-partner-hint">
          {partner.hint}
        </p>
      )}
      {nobody && (
        <p className={classes.nothing} role="status">
          {own('wizard.nobody')}
        </p>
      )}
      <Button
        variant="default"
        className={classes.newPartner}
        leftSection={<IconUserPlus size={18} stroke={1.7} aria-hidden />}
        data-testid="wizard-new-partner"
        // Before the field is left, which shows the chosen name again.
        onPointerDown={(event) => event.preventDefault()}
        onClick={add}
      >
        {own('wizard.newPartner')}
      </Button>
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
      <Modal {...adding.props} title={partners('new')}>
        {adding.content !== null && (
          <Suspense fallback={<RowSkeletons rows={4} />}>
            <NewPartner known={adding.content} onFound={handleFound} />
          </Suspense>
        )}
      </Modal>
    </div>
  );
}
