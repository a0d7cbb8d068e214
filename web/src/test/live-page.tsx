import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { act, cleanup, render } from '@testing-library/react';
import { StrictMode, type ReactNode } from 'react';
import { vi } from 'vitest';
import { FakeEnvironment, FakeServer } from '@harang/client/testing';
import { LiveProvider } from '../live/live-provider';
import type { User } from '../shared/model';
import { createQueryClient } from '../api/query-client';
import { session, useSession } from '../shared/session';
import { answerRequests, type SeenRequest } from './api-server';

export type { SeenRequest };

export const anna: User = {
  id: 'u1',
  name: 'Kovács Anna',
  email: 'manager@budapest.demo',
  role: 'STORE_MANAGER',
  tenantId: 'budapest',
  tenantName: 'Budapest Gépkölcsönző',
};

/** Answers a request with JSON, or with a status and a problem, now or later. */
export type Answer = (request: SeenRequest) => unknown;

export class Problem {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {}
}

/** The page's live parts on the stock client, with the network and the clock in the test's hand. */
export class LivePage {
  readonly server = new FakeServer();
  readonly environment = new FakeEnvironment();
  readonly asked: SeenRequest[] = [];
  client: QueryClient = createQueryClient();
  user: User = anna;
  refresh: 'ok' | Problem = 'ok';
  answer: Answer = () => ({ items: [], nextCursor: null });

  constructor() {
    answerRequests((request) => this.#respond(request));
  }

  async #respond(request: SeenRequest): Promise<Response> {
    const { path } = request;
    const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
    if (path === '/auth/refresh') {
      return this.refresh === 'ok'
        ? json({ accessToken: `token-${Math.random()}`, expiresIn: 900, user: this.user })
        : json({ code: this.refresh.code }, this.refresh.status);
    }
    this.asked.push(request);
    const answer = await this.answer(request);
    return answer instanceof Problem ? json({ code: answer.code }, answer.status) : json(answer);
  }

  requests(method: string, path: string): SeenRequest[] {
    return this.asked.filter((each) => each.method === method && each.path === path);
  }

  /** open signs in, shows `children` below the LiveProvider, and lets the server greet. */
  async open(
    children: ReactNode,
    options: { greet?: boolean; path?: string } = {},
  ): Promise<ReturnType<typeof render>> {
    await session.refresh();
    // Loaded when it is first shown, which no fake clock waits for.
    await import('../live/toast-region');
    const { createManager } = this.server;
    const { environment } = this;
    function SignedIn() {
      if (useSession().status !== 'signed-in') return <p data-testid="signed-out" />;
      return (
        <LiveProvider createManager={createManager} environment={environment}>
          {children}
        </LiveProvider>
      );
    }
    const root = createRootRoute();
    const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn });
    const router = createRouter({
      routeTree: root.addChildren([
        signedIn.addChildren(
          ['/', '/stock', '/payments', '/rentals', '/notifications'].map((path) =>
            createRoute({ getParentRoute: () => signedIn, path }),
          ),
        ),
      ]),
      history: createMemoryHistory({ initialEntries: [options.path ?? '/'] }),
    });
    const view = render(
      <QueryClientProvider client={this.client}>
        {/* Another router than the page's: the links only have to lead somewhere. */}
        <RouterProvider router={router as never} />
      </QueryClientProvider>,
      { wrapper: StrictMode },
    );
    await this.settle();
    if (options.greet !== false) await this.settle(() => this.server.link.welcome());
    return view;
  }

  async settle(run: () => void = () => undefined): Promise<void> {
    await act(async () => {
      run();
      for (let turn = 0; turn < 3; turn += 1) await vi.advanceTimersByTimeAsync(0);
    });
  }

  async pass(ms: number): Promise<void> {
    await act(() => vi.advanceTimersByTimeAsync(ms));
  }

  /** hide puts the tab into the background, or back in front. */
  hide(hidden: boolean): void {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(hidden ? 'hidden' : 'visible');
    act(() => {
      document.dispatchEvent(new Event('visibilitychange'));
    });
  }

  async close(): Promise<void> {
    cleanup();
    await session.signOut();
    this.client.clear();
  }
}
