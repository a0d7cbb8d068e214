import { Autocomplete } from '@base-ui/react/autocomplete';
import { Combobox as LibraryCombobox } from '@base-ui/react/combobox';
import { IconCheck } from '@tabler/icons-react';
import { type ComponentProps, type Ref, useId } from 'react';
import classes from './combobox.module.css';
import { Field, type FieldProps } from './field';
import popup from './popup.module.css';
import type { Option } from './select-field';

type InputProps = Omit<
  ComponentProps<'input'>,
  keyof FieldProps | 'value' | 'defaultValue' | 'onChange' | 'onSelect' | 'type' | 'className' | 'ref' | 'style'
>;

interface ComboboxProps extends FieldProps, InputProps {
  /** What the list shows, in this order: the caller has searched already. */
  options: readonly Option[];
  value: Option | null;
  onChange: (value: Option | null) => void;
  /** The words in the field. */
  search: string;
  onSearchChange: (words: string) => void;
  /** The list's sentence when it has no option. */
  nothingFound: string;
}

const sameValue = (one: Option, other: Option) => one.value === other.value;

/**
 * A field that searches as it is typed in, and a list to choose one option from. When it is left it shows the chosen
 * option again; `onBlur` runs after that and may choose by what was typed.
 */
export function Combobox({
  id,
  label,
  description,
  error,
  leftSection,
  size = 'sm',
  options,
  value,
  onChange,
  search,
  onSearchChange,
  nothingFound,
  onBlur,
  ...input
}: ComboboxProps) {
  const list = useId();
  // An id of a page has no spaces; a value may have.
  const idOf = ({ value: of }: Option) => `${list}-${encodeURIComponent(of)}`;
  return (
    <LibraryCombobox.Root
      items={options}
      filter={null}
      value={value}
      onValueChange={(chosen) => onChange(chosen)}
      inputValue={search}
      onInputValueChange={(words, details) => {
        // The list empties the field when it closes; whoever leaves it may still mean what is typed there.
        if (details.reason === 'input-change' || details.reason === 'item-press') onSearchChange(words);
        else details.cancel();
      }}
      isItemEqualToValue={sameValue}
      autoHighlight
    >
      <Field {...{ id, label, description, error, leftSection, size }}>
        {(control) => (
          <LibraryCombobox.Input
            {...input}
            {...control}
            onBlur={(event) => {
              onSearchChange(value?.label ?? '');
              onBlur?.(event);
            }}
          />
        )}
      </Field>
      <LibraryCombobox.Portal>
        <LibraryCombobox.Positioner className={popup.positioner} align="start" sideOffset={6} collisionPadding={8}>
          <LibraryCombobox.Popup className={`${popup.popup} ${classes.popup}`}>
            <LibraryCombobox.Empty className={classes.nothing}>{nothingFound}</LibraryCombobox.Empty>
            <LibraryCombobox.List>
              {(option: Option) => (
                <LibraryCombobox.Item
                  key={option.value}
                  value={option}
                  className={classes.option}
                  {...(option.hint !== undefined && {
                    'aria-labelledby': idOf(option),
                    'aria-describedby': `${idOf(option)}-hint`,
                  })}
                >
                  {option.hint === undefined ? (
                    option.label
                  ) : (
                    <span>
                      <span id={idOf(option)}>{option.label}</span>
                      <small id={`${idOf(option)}-hint`}>{option.hint}</small>
                    </span>
                  )}
                  <LibraryCombobox.ItemIndicator render={<IconCheck size={15} stroke={2.2} aria-hidden />} />
                </LibraryCombobox.Item>
              )}
            </LibraryCombobox.List>
          </LibraryCombobox.Popup>
        </LibraryCombobox.Positioner>
      </LibraryCombobox.Portal>
    </LibraryCombobox.Root>
  );
}

interface SuggestFieldProps extends FieldProps, InputProps {
  ref?: Ref<HTMLInputElement>;
  suggestions: readonly string[];
  value: string;
  onChange: (value: string) => void;
  className?: string | undefined;
}

/** A text field with a list of usual values; anything else may be typed. */
export function SuggestField({
  id,
  label,
  description,
  error,
  leftSection,
  size = 'sm',
  className,
  suggestions,
  value,
  onChange,
  ...input
}: SuggestFieldProps) {
  return (
    <Autocomplete.Root
      items={suggestions}
      mode="none"
      value={value}
      onValueChange={(words) => onChange(words)}
      openOnInputClick
    >
      <Field {...{ id, label, description, error, leftSection, size, className }}>
        {(control) => <Autocomplete.Input {...input} {...control} />}
      </Field>
      <Autocomplete.Portal>
        <Autocomplete.Positioner className={popup.positioner} align="start" sideOffset={6} collisionPadding={8}>
          <Autocomplete.Popup className={`${popup.popup} ${classes.popup}`}>
            <Autocomplete.List>
              {(suggestion: string) => (
                <Autocomplete.Item key={suggestion} value={suggestion} className={classes.option}>
                  {suggestion}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  );
}
