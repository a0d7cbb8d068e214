/** One field that the server did not accept, with its sentence. */
export interface FieldError {
  field: string;
  detail: string;
}

/**
 * An answer other than 2xx (RFC 9457 problem), or no answer at all.
 * `code` is the server's stable code; `UNREACHABLE` (status 0) when the server
 * could not be reached, and `HTTP_<status>` when it sent no problem document.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[];
  /** The whole problem document, for members such as `line`, `available` or `transactionId`. */
  readonly problem: Readonly<Record<string, unknown>>;
  /** From `Retry-After`, in milliseconds; null when the server did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    code: string,
    message: string,
    problem: Record<string, unknown> = {},
    retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.problem = problem;
    this.errors = fieldErrors(problem.errors);
    this.retryAfterMs = retryAfterMs;
  }

  /** The server's detail for a field of the request, or undefined; `lines` also finds `lines.0.quantity`. */
  field(name: string): string | undefined {
    return this.errors.find((each) => each.field === name || each.field.startsWith(`${name}.`))?.detail;
  }
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null) return [];
    const { field, detail } = each as Record<string, unknown>;
    return typeof field === 'string' && typeof detail === 'string' ? [{ field, detail }] : [];
  });
}

/** What can be asked beside the path. */
export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A Blob is sent as it is, with its type; anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the server counts as unreachable. */
  deadline?: number;
}

const base = '/api/v1';

/** Longer than the slowest honest answer, which is a payment provider's deadline. */
const slowest = 20_000;

/** What a request makes of its answer. */
export type ReadAnswer<T> = (answer: Response) => Promise<T>;

async function readJson<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/**
 * Sends one request to `/api/v1` and returns what `read` makes of the answer: its JSON unless told otherwise, undefined
 * for an empty one. It throws an ApiError.
 */
export async function request<T>(
  path: string,
  options: RequestOptions = {},
  read: ReadAnswer<T> = readJson,
): Promise<T> {
  const { method = 'GET', body, headers = {}, signal, deadline = slowest } = options;
  const limit = AbortSignal.timeout(deadline);
  const json = body !== undefined && !(body instanceof Blob);
  try {
    const response = await fetch(base + path, {
      method,
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        ...(json ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : body }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (!response.ok) throw await problemOf(response);
    return await read(response);
  } catch (cause) {
    if (signal?.aborted || cause instanceof ApiError) throw cause;
    // No answer, one that broke off, or that of somebody in between (a Wi-Fi that wants a sign-in).
    throw new ApiError(0, 'UNREACHABLE', 'The server cannot be reached.');
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  let problem: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (typeof parsed === 'object' && parsed !== null) problem = parsed as Record<string, unknown>;
  } catch {
    // A proxy in between answers HTML; the status is all there is to say.
  }
  const text = (name: string) => (typeof problem[name] === 'string' ? problem[name] : undefined);
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new ApiError(
    response.status,
    text('code') ?? `HTTP_${response.status}`,
    text('detail') ?? text('title') ?? response.statusText,
    problem,
    Number.isFinite(seconds) ? seconds * 1000 : null,
  );
}
