import { waitFor } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { expect } from 'vitest';

/**
 * A simulated user that waits until a control is actionable: attached, enabled and not loading. A click on one that is
 * not has no effect, so a test without the wait would pass on a fast machine only.
 */
export function actionableUser(): UserEvent {
  const user = userEvent.setup();
  return {
    ...user,
    click: async (element) => {
      await actionable(element);
      await user.click(element);
    },
    selectOptions: async (select, values) => {
      await actionable(select);
      await user.selectOptions(select, values);
    },
  };
}

async function actionable(element: Element): Promise<void> {
  await waitFor(() => {
    expect(element).toBeInTheDocument();
    expect(element).toBeEnabled();
    expect(element).not.toHaveAttribute('aria-disabled', 'true');
  });
}
