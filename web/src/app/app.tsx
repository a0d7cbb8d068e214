import '../shared/theme/library.css';
import '../shared/theme/fonts.css';
import '../shared/theme/tokens.css';
import '../shared/theme/base.css';
import '../shared/theme/controls.css';
import { MantineProvider } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { I18nextProvider } from 'react-i18next';
import { i18n } from '../shared/i18n/i18n';
import { colorSchemeManager, theme } from '../shared/theme/theme';
import { createPageRouter } from './router';

const router = createPageRouter();

export function App({ pageRouter = router }: { pageRouter?: typeof router }) {
  return (
    <I18nextProvider i18n={i18n}>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={colorSchemeManager}
        // The variables are in tokens.css: the page's policy allows no style element.
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <RouterProvider router={pageRouter} />
      </MantineProvider>
    </I18nextProvider>
  );
}
