import { Autocomplete, Select } from '@mantine/core';
import type { ComponentProps } from 'react';
import classes from './combobox.module.css';
import type { Option } from './select-field';
import type { FieldProps } from './text-field';

type InputProps = Omit<
  ComponentProps<'input'>,
  keyof FieldProps | 'value' | 'defaultValue' | 'onChange' | 'onSelect' | 'style' | 'type' | 'className'
>;

interface ComboboxProps extends FieldProps, InputProps {
  /** What the list shows, in this order: the caller has searched already. */
  options: readonly Option[];
  value: string | null;
  onChange: (value: string | null) => void;
  /** The words in the field. */
  search: string;
  onSearchChange: (words: string) => void;
  /** The list's sentence when it has no option. */
  nothingFound: string;
}

/** A field that searches as it is typed in, and a list to choose one option from. */
export function Combobox({ options, search, nothingFound, ...rest }: ComboboxProps) {
  return (
    <Select
      {...(rest as object)}
      data={options}
      searchValue={search}
      nothingFoundMessage={nothingFound}
      filter={({ options: all }) => all}
      searchable
      clearable={false}
      allowDeselect={false}
      selectFirstOptionOnChange
      maxDropdownHeight={320}
      classNames={{ option: classes.option }}
    />
  );
}

interface SuggestFieldProps extends FieldProps, InputProps {
  suggestions: readonly string[];
  value: string;
  onChange: (value: string) => void;
  className?: string | undefined;
}

/** A text field with a list of usual values; anything else may be typed. */
export function SuggestField({ suggestions, className, ...rest }: SuggestFieldProps) {
  return (
    <Autocomplete
      {...(rest as object)}
      data={[...suggestions]}
      filter={({ options }) => options}
      {...(className === undefined ? {} : { className })}
    />
  );
}
