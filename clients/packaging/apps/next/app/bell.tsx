'use client';

import App from '../src/App';

export function Bell() {
  return <App />;
}
