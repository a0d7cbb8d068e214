import { Menu as LibraryMenu } from '@base-ui/react/menu';
import { IconCheck } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';
import { closedBy } from './dialog';
import classes from './menu.module.css';
import popup from './popup.module.css';

interface MenuProps {
  opened: boolean;
  onOpenedChange: (opened: boolean) => void;
  /** The button that opens and closes it. */
  anchor: HTMLElement;
  children: ReactNode;
}

/** A list of actions and choices below its button. */
export function Menu({ opened, onOpenedChange, anchor, children }: MenuProps) {
  return (
    <LibraryMenu.Root open={opened} onOpenChange={closedBy(anchor, onOpenedChange)}>
      <LibraryMenu.Portal>
        <LibraryMenu.Positioner
          anchor={anchor}
          className={popup.positioner}
          align="end"
          sideOffset={8}
          collisionPadding={8}
        >
          <LibraryMenu.Popup className={`${popup.popup} ${classes.menu}`} finalFocus={() => anchor}>
            {children}
          </LibraryMenu.Popup>
        </LibraryMenu.Positioner>
      </LibraryMenu.Portal>
    </LibraryMenu.Root>
  );
}

interface MenuItemProps {
  icon: ReactNode;
  onClick?: () => void;
  'data-testid'?: string;
  children: ReactNode;
}

export function MenuItem({ icon, children, ...rest }: MenuItemProps) {
  return (
    <LibraryMenu.Item {...rest} className={classes.item}>
      {icon}
      <span>{children}</span>
    </LibraryMenu.Item>
  );
}

interface MenuLinkProps {
  icon: ReactNode;
  /** The router's link, without content. */
  link: ReactElement;
  'data-testid'?: string;
  children: ReactNode;
}

export function MenuLink({ icon, link, children, ...rest }: MenuLinkProps) {
  return (
    <LibraryMenu.LinkItem {...rest} className={classes.item} render={link} closeOnClick>
      {icon}
      <span>{children}</span>
    </LibraryMenu.LinkItem>
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
  return (
    <LibraryMenu.RadioGroup value={value} onValueChange={(chosen: T) => onChange(chosen)}>
      <LibraryMenu.GroupLabel className={classes.label}>{label}</LibraryMenu.GroupLabel>
      {options.map((option) => (
        <LibraryMenu.RadioItem
          key={option.value}
          value={option.value}
          lang={option.lang}
          closeOnClick
          className={classes.item}
        >
          <span className={classes.mark}>
            <LibraryMenu.RadioItemIndicator render={<IconCheck size={14} stroke={2.4} aria-hidden />} />
          </span>
          <span>{option.label}</span>
          {option.icon}
        </LibraryMenu.RadioItem>
      ))}
    </LibraryMenu.RadioGroup>
  );
}

export function MenuDivider() {
  return <LibraryMenu.Separator className={classes.divider} />;
}
