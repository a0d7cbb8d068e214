import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { FakeServer, json } from '../../test/fake-server';
import { ErrorBoundary } from './error-boundary';

let broken = true;

function Part() {
  if (broken) throw new Error('the part is broken');
  return <p>part</p>;
}

it('leaves the rest standing, reports the failure, and tries again when asked', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const server = new FakeServer().on('POST /client-errors', () => json(undefined, 204));
  broken = true;
  render(
    <>
      <ErrorBoundary fallback={(reset) => <button onClick={reset}>again</button>}>
        <Part />
      </ErrorBoundary>
      <p>rest</p>
    </>,
  );
  expect(screen.getByText('rest')).toBeInTheDocument();
  await waitFor(() =>
    expect(server.seen('POST /client-errors').map(({ body }) => body)).toEqual([
      expect.objectContaining({ kind: 'component', message: 'Error: the part is broken' }),
    ]),
  );
  broken = false;
  await userEvent.click(screen.getByRole('button'));
  expect(screen.getByText('part')).toBeInTheDocument();
});
