import { IconUser } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useDebounced } from '../../shared/debounce';
import { useTranslation } from '../../shared/i18n/i18n';
import { normalizeSearch, matchesSearch } from '../../shared/normalize-search';
import { partnersQueryOptions } from '../../api/partners';
import { Combobox } from '../../shared/ui/controls/combobox';
import { ErrorState } from '../../shared/ui/states';
import type { Draft } from '../../domain/rentals/cart';
import classes from './checkout-page.module.css';
import './messages';

interface PartnerStepProps {
  partner: Draft['partner'];
  problem: string | undefined;
  onPartner: (partner: Draft['partner']) => void;
}

/** Who takes it: searched at the server, so that any number of partners will do. */
export function PartnerStep({ partner, problem, onPartner }: PartnerStepProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('checkout');
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
  const found = (data?.items ?? []).filter((each) => !late || matchesSearch(each.name, sought));
  // The server has filtered already, with its own idea of accents.
  const options = (partner === null || found.some((each) => each.id === partner.id) ? found : [partner, ...found]).map(
    ({ id, name }) => ({ value: id, label: name }),
  );
  const nobody = data?.items.length === 0 && search === '' && !isPlaceholderData;
  // A name typed out in full is as good as one picked from the list.
  const handleBlur = () => {
    const meant = found.filter((each) => sought !== '' && normalizeSearch(each.name) === normalizeSearch(sought));
    if (meant.length !== 1 || meant[0] === undefined) return;
    setWords(meant[0].name);
    onPartner(meant[0]);
  };
  return (
    <div className={classes.narrow}>
      <Combobox
        data-testid="wizard-partner"
        data-autofocus
        label={own('wizard.partnerLabel')}
        description={own('wizard.partnerHint')}
        size="md"
        nothingFound={late || isFetching ? t('common.loading') : own('wizard.partnerNone')}
        leftSection={<IconUser size={18} stroke={1.7} aria-hidden />}
        options={options}
        value={partner && { value: partner.id, label: partner.name }}
        search={words}
        onSearchChange={setWords}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={handleBlur}
        onChange={(chosen) => onPartner(chosen && { id: chosen.value, name: chosen.label })}
        error={problem}
      />
      {nobody && (
        <p className={classes.nothing} role="status">
          {own('wizard.nobody')} <Link to="/partners">{own('wizard.toPartners')}</Link>
        </p>
      )}
      {error !== null && <ErrorState error={error} busy={isFetching} onRetry={() => refetch()} />}
    </div>
  );
}
