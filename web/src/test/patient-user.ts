import { waitFor } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { expect } from 'vitest';

/**
 * Somebody who presses a control only when it can be pressed: attached to the page, and neither disabled nor waiting for
 * an answer. Without it a click on a button that is not ready yet does nothing, and a test passes on a quick machine only.
 */
export function patientUser(): UserEvent {
  const user = userEvent.setup();
  return {
    ...user,
    click: async (element) => {
      await ready(element);
      await user.click(element);
    },
    selectOptions: async (select, values) => {
      await ready(select);
      await user.selectOptions(select, values);
    },
  };
}

async function ready(element: Element): Promise<void> {
  await waitFor(() => {
    expect(element).toBeInTheDocument();
    expect(element).toBeEnabled();
    expect(element).not.toHaveAttribute('aria-disabled', 'true');
  });
}
