import '../shared/theme/library.css';
import '../shared/theme/fonts.css';
import '../shared/theme/tokens.css';
import '../shared/theme/base.css';
import '../shared/theme/controls.css';
import { RouterProvider } from '@tanstack/react-router';
import { I18nextProvider } from 'react-i18next';
import { i18n } from '../shared/i18n/i18n';
import { ControlsProvider } from '../shared/ui/controls/controls-provider';
import { createPageRouter } from './router';

const router = createPageRouter();

export function App({ pageRouter = router }: { pageRouter?: typeof router }) {
  return (
    <I18nextProvider i18n={i18n}>
      <ControlsProvider>
        <RouterProvider router={pageRouter} />
      </ControlsProvider>
    </I18nextProvider>
  );
}
