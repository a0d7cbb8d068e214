import { Menu as LibraryMenu } from '@mantine/core';
import { cloneElement, type ReactElement, type ReactNode } from 'react';
import classes from './menu.module.css';

interface MenuProps {
  /** The button that opens and closes it. */
  target: ReactElement;
  children: ReactNode;
}

/** A list of actions and choices below its button. */
export function Menu({ target, children }: MenuProps) {
  return (
    <LibraryMenu
      withInitialFocusPlaceholder={false}
      position="bottom-end"
      hideDetached={false}
      width={250}
      shadow="md"
      transitionProps={{ duration: 100 }}
      classNames={{ dropdown: classes.dropdown, item: classes.item, label: classes.label }}
    >
      <LibraryMenu.Target>{target}</LibraryMenu.Target>
      <LibraryMenu.Dropdown>{children}</LibraryMenu.Dropdown>
    </LibraryMenu>
  );
}

interface MenuItemProps {
  icon: ReactNode;
  onClick?: () => void;
  /** The element that the item is, a link for instance; a button when absent. */
  render?: ReactElement<object>;
  'data-testid'?: string;
  children: ReactNode;
}

export function MenuItem({ icon, render, ...rest }: MenuItemProps) {
  return (
    <LibraryMenu.Item
      {...rest}
      leftSection={icon}
      {...(render === undefined ? {} : { renderRoot: (props: Record<string, unknown>) => cloneElement(render, props) })}
    />
  );
}

interface MenuChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string; lang?: string; icon?: ReactNode }[];
  onChange: (value: T) => void;
}

/** A labelled group of which one item is chosen. */
export function MenuChoice<T extends string>({ label, value, options, onChange }: MenuChoiceProps<T>) {
  const choose = (chosen: string) => {
    const option = options.find((each) => each.value === chosen);
    if (option !== undefined) onChange(option.value);
  };
  return (
    <>
      <LibraryMenu.Label>{label}</LibraryMenu.Label>
      <LibraryMenu.RadioGroup value={value} onChange={choose}>
        {options.map((option) => (
          <LibraryMenu.RadioItem
            key={option.value}
            value={option.value}
            {...(option.lang === undefined ? {} : { lang: option.lang })}
            closeMenuOnClick
            rightSection={option.icon}
          >
            {option.label}
          </LibraryMenu.RadioItem>
        ))}
      </LibraryMenu.RadioGroup>
    </>
  );
}

export function MenuDivider() {
  return <LibraryMenu.Divider />;
}
