import '../shared/theme/fonts.css';
import '../shared/theme/tokens.css';
import '../shared/theme/base.css';
import { RouterProvider } from '@tanstack/react-router';
import { I18nextProvider } from 'react-i18next';
import { i18n } from '../shared/i18n/i18n';
import { createPageRouter } from './router';

const router = createPageRouter();

export function App({ pageRouter = router }: { pageRouter?: typeof router }) {
  return (
    <I18nextProvider i18n={i18n}>
      <RouterProvider router={pageRouter} />
    </I18nextProvider>
  );
}
