import { useTranslation } from 'react-i18next';
import { sandboxTokens, type StoredCard } from '../cards';
import type { PaymentMethod } from '../model';
import { ChoiceList } from './choice-list';
import classes from './method-fields.module.css';

export type MethodChoice = PaymentMethod | 'NONE';

interface MethodFieldsProps {
  methods: readonly MethodChoice[];
  method: MethodChoice;
  onMethod: (method: MethodChoice) => void;
  token: string;
  onToken: (token: string) => void;
  /** The partner's stored cards; without any, the sandbox provider's. */
  cards?: readonly StoredCard[] | undefined;
  disabled?: boolean;
  methodTestId: string;
  tokenTestId: string;
}

/** How it is paid, and with which stored card. A card number is never asked. */
export function MethodFields({ methods, method, onMethod, token, onToken, cards, disabled = false, methodTestId, tokenTestId }: MethodFieldsProps) {
  const { t } = useTranslation();
  const options = cards !== undefined && cards.length > 0
    ? cards.map((card) => ({ value: card.token, label: card.label }))
    : sandboxTokens.map((each) => ({ value: each, label: t(`card.${each}`) }));
  return (
    <div className={classes.fields}>
      <ChoiceList<MethodChoice>
        label={t('wizard.method')}
        value={method}
        options={methods.map((value) => ({ value, label: t(`method.${value}`) }))}
        onChange={onMethod}
        disabled={disabled}
        testId={methodTestId}
      />
      {method === 'CARD' && (
        <ChoiceList label={t('wizard.card')} hint={t('wizard.cardHint')} value={token} options={options} onChange={onToken} disabled={disabled} testId={tokenTestId} />
      )}
    </div>
  );
}
