import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { session } from './shared/session';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
void session.restore();
createRoot(root).render(<App />);
