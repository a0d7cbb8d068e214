import { createMemoryHistory } from '@tanstack/react-router';
import { act, render } from '@testing-library/react';
import axe from 'axe-core';
import { StrictMode } from 'react';
import { App } from '../app/app';
import { createPageRouter } from '../app/router';
import { chooseLanguage, type Language } from '../shared/i18n/i18n';
import { setLocationFilter } from '../shared/location-filter';
import { session } from '../shared/session';
import { actionableUser } from './actionable-user';

/** The whole page at an address, as somebody who has just opened it. */
export async function renderPage(path: string, options: { language?: Language; restore?: boolean } = {}) {
  await chooseLanguage(options.language ?? 'hu');
  setLocationFilter(null);
  if (options.restore !== false) await act(() => session.refresh());
  const router = createPageRouter({ history: createMemoryHistory({ initialEntries: [path] }) });
  const view = render(<App pageRouter={router} />, { wrapper: StrictMode });
  return { ...view, router, user: actionableUser() };
}

/** What axe finds wrong, in words; colours are not painted here and are judged elsewhere. */
export async function accessibilityProblems(root: Element): Promise<string[]> {
  const { violations } = await axe.run(root, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
