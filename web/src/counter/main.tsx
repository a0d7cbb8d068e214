import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { reportUncaught } from '../shared/client-errors';
import { session } from '../shared/session';
import { watchSystemColors } from '../shared/theme/color-scheme';
import '../shared/theme/fonts.css';
import '../shared/theme/tokens.css';
import '../shared/theme/base.css';
import { accessOf } from './access';
import { CounterScreen } from './counter-screen';
import { languageOf } from './texts';
import { keepAwake } from './wake-lock';

const root = document.getElementById('root');
if (root === null) throw new Error('counter.html has no #root');
reportUncaught();
watchSystemColors();
keepAwake();
const language = languageOf(location.hash);
document.documentElement.lang = language;
// Another link in the same tab is another display.
window.addEventListener('hashchange', () => location.reload());
createRoot(root).render(
  <StrictMode>
    <CounterScreen access={accessOf(location.hash, session)} language={language} />
  </StrictMode>,
);
