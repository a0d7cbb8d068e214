import '../shared/theme/fonts.css';
import '../shared/theme/tokens.css';
import '../shared/theme/base.css';
import { RouterProvider } from '@tanstack/react-router';
import { createPageRouter } from './router';

const router = createPageRouter();

export function App({ pageRouter = router }: { pageRouter?: typeof router }) {
  return <RouterProvider router={pageRouter} />;
}
