import {
  type ActionIconFactory,
  type AutocompleteFactory,
  type ButtonFactory,
  createTheme,
  defaultVariantColorsResolver,
  type ExtendComponent,
  type FactoryPayload,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
  type MenuFactory,
  type ModalFactory,
  type NativeSelectFactory,
  type PasswordInputFactory,
  type PopoverFactory,
  type SelectFactory,
  type TextInputFactory,
} from '@mantine/core';

// The real colours are in tokens.css; the library only needs the name.
const brass: MantineColorsTuple = [
  '#f6ecd8',
  '#efe0c3',
  '#e2cb9d',
  '#d6b877',
  '#c79c4a',
  '#b8862f',
  '#8a5e0e',
  '#74500c',
  '#855a0c',
  '#5d3f08',
];

const field = { input: 'field-input', label: 'field-label', error: 'field-error', description: 'field-hint' };

// What a component's own `extend` does, without the component: most of them are not on the first screen.
const extend = <Component extends FactoryPayload>(options: ExtendComponent<Component>) => options;

export const theme = createTheme({
  primaryColor: 'brass',
  colors: { brass },
  defaultRadius: 9,
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  // On brass and red the text is ours: the library's white is too pale for the dark theme's lighter metals.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    return input.variant === 'filled'
      ? { ...colors, color: input.color === 'red' ? 'var(--on-red)' : 'var(--on-brass)' }
      : colors;
  },
  components: {
    Button: extend<ButtonFactory>({ defaultProps: { size: 'sm' }, classNames: { root: 'button' } }),
    ActionIcon: extend<ActionIconFactory>({
      defaultProps: { variant: 'default' },
      classNames: { root: 'icon-button' },
    }),
    TextInput: extend<TextInputFactory>({ classNames: field }),
    PasswordInput: extend<PasswordInputFactory>({ classNames: field }),
    Autocomplete: extend<AutocompleteFactory>({
      classNames: { ...field, dropdown: 'floating' },
      defaultProps: { comboboxProps: { transitionProps: { duration: 100 } } },
    }),
    NativeSelect: extend<NativeSelectFactory>({ classNames: field }),
    Select: extend<SelectFactory>({
      classNames: { ...field, dropdown: 'floating' },
      defaultProps: { comboboxProps: { transitionProps: { duration: 100 } } },
    }),
    // Locking the scroll would need a style element, which the page's policy forbids.
    Modal: extend<ModalFactory>({
      classNames: { content: 'modal', header: 'modal-header', title: 'modal-title', body: 'modal-body' },
      defaultProps: {
        lockScroll: false,
        centered: true,
        transitionProps: { duration: 140, transition: 'fade' },
        overlayProps: { backgroundOpacity: 0.45 },
      },
    }),
    // What somebody opened lies above what comes up by itself, in the corner (z-index 400).
    Menu: extend<MenuFactory>({ defaultProps: { zIndex: 450 } }),
    Popover: extend<PopoverFactory>({
      classNames: { dropdown: 'floating' },
      defaultProps: { zIndex: 450, hideDetached: false, transitionProps: { duration: 100 } },
    }),
  },
});

const storageKey = 'harang-color-scheme';

/** Remembers light or dark in this browser; `auto` follows the system. */
export const colorSchemeManager: MantineColorSchemeManager = {
  get(fallback) {
    try {
      const chosen = localStorage.getItem(storageKey);
      return chosen === 'light' || chosen === 'dark' ? chosen : fallback;
    } catch {
      return fallback;
    }
  },
  set(value) {
    try {
      if (value === 'auto') localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, value);
    } catch {
      // Storage may be switched off; the choice then lasts until the reload.
    }
  },
  subscribe() {
    return undefined;
  },
  unsubscribe() {
    return undefined;
  },
  clear() {
    try {
      localStorage.removeItem(storageKey);
    } catch {
      // As above.
    }
  },
};
