import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { Button } from './button';

it('while busy keeps the focus, does nothing, and sends no form', async () => {
  const user = userEvent.setup();
  const handleClick = vi.fn();
  const handleSubmit = vi.fn((event: React.SyntheticEvent) => event.preventDefault());
  const form = (busy: boolean) => (
    <form onSubmit={handleSubmit}>
      <input aria-label="name" />
      <Button type="submit" loading={busy} onClick={handleClick}>
        Save
      </Button>
    </form>
  );
  const { rerender } = render(form(false));
  const button = screen.getByRole('button', { name: 'Save' });
  await user.click(button);
  expect(handleClick).toHaveBeenCalledTimes(1);
  expect(handleSubmit).toHaveBeenCalledTimes(1);

  rerender(form(true));
  expect(button).toHaveFocus();
  expect(button).toBeEnabled();
  expect(button).toHaveAttribute('aria-disabled', 'true');
  await user.keyboard('{Enter}');
  await user.type(screen.getByLabelText('name'), 'x{Enter}');
  expect(handleClick).toHaveBeenCalledTimes(1);
  expect(handleSubmit).toHaveBeenCalledTimes(1);

  rerender(form(false));
  await user.click(button);
  expect(handleSubmit).toHaveBeenCalledTimes(2);
});
