import { watchForeground } from '@harang/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { loadSignedInAs } from './app/signed-in';
import { reportUncaught } from './shared/client-errors';
import { restoreLanguage } from './shared/i18n/i18n';
import { session } from './shared/session';
import { watchSystemColors } from './shared/theme/color-scheme';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
reportUncaught();
// The tab where somebody signs in is the one in use.
watchForeground();
watchSystemColors();
void session.restore();
void restoreLanguage().then(() =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
// Loaded while the session is asked for, or a password typed.
void loadSignedInAs().catch(() => undefined);
