import { http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll } from 'vitest';

/** One request of the page; `path` begins after `/api/v1`. */
export interface SeenRequest {
  method: string;
  path: string;
  search: URLSearchParams;
  /** Parsed when it is JSON, else the text; undefined without one. */
  body: unknown;
  headers: Headers;
}

const network = setupServer();

/** Puts the network in the tests' hands; a request that no test answers fails it. */
export function interceptNetwork(): void {
  beforeAll(() => network.listen({ onUnhandledRequest: 'error' }));
  afterEach(() => network.resetHandlers());
  afterAll(() => network.close());
}

/** Answers every request until the test ends; the latest answer holds. One that throws is a network that is down. */
export function answerRequests(answer: (request: SeenRequest) => Response | Promise<Response>): void {
  network.use(
    http.all('*', async ({ request }) => {
      const { pathname, searchParams } = new URL(request.url);
      const text = await request.text();
      const json = request.headers.get('Content-Type') === 'application/json';
      const seen = {
        method: request.method,
        path: pathname.replace('/api/v1', ''),
        search: searchParams,
        body: text === '' ? undefined : json ? (JSON.parse(text) as unknown) : text,
        headers: request.headers,
      };
      return Promise.resolve(seen)
        .then(answer)
        .catch(() => Response.error());
    }),
  );
}
