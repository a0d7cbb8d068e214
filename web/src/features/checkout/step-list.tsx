import { IconCheck } from '@tabler/icons-react';
import { useTranslation } from '../../shared/i18n/i18n';
import classes from './checkout-page.module.css';
import { type Step, steps } from './use-step';
import './messages';

const stepNames = { partner: 'stepPartner', items: 'stepItems', pay: 'stepPay', done: 'stepDone' } as const;

interface StepListProps {
  step: Step;
  /** What was handed in cannot be changed any more. */
  locked: boolean;
  rentalIsOpen: boolean;
  onStep: (step: Step) => void;
}

/** The steps; until the checkout is handed in, earlier ones lead back. */
export function StepList({ step, locked, rentalIsOpen, onStep }: StepListProps) {
  const { t } = useTranslation('checkout');
  const current = steps.indexOf(step);
  return (
    <ol className={classes.steps} aria-label={t('wizard.steps')}>
      {steps.map((each, index) => {
        const name = t(`wizard.${stepNames[each]}`);
        const past = index < current;
        const content = (
          <>
            <span className={classes.number}>
              {past || rentalIsOpen ? <IconCheck size={15} stroke={2.6} aria-hidden /> : index + 1}
            </span>
            <span>{name}</span>
          </>
        );
        return (
          <li
            key={each}
            data-state={past ? 'past' : index === current ? 'here' : 'ahead'}
            aria-current={index === current ? 'step' : undefined}
          >
            {past && !locked ? (
              <button
                type="button"
                aria-label={t('wizard.stepState', { n: index + 1, name })}
                onClick={() => onStep(each)}
              >
                {content}
              </button>
            ) : (
              <span className={classes.stepName}>{content}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
