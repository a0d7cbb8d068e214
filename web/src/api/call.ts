import type { paths } from './schema';
import { ApiError } from '../shared/http';
import { authorizedRequest, queryString } from './authorized-request';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Call<Path extends keyof paths, Name extends Method> = NonNullable<paths[Path][Name]>;

/** The paths that can be called with this method. */
type PathsOf<Name extends Method> = {
  [Path in keyof paths]: paths[Path][Name] extends object ? Path : never;
}[keyof paths];

type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : undefined;
type Success<Responses> = Json<Responses[Extract<keyof Responses, 200 | 201 | 202 | 204>]>;

/** What a call answers with. */
export type Answer<Path extends keyof paths, Name extends Method> =
  Call<Path, Name> extends { responses: infer Responses } ? Success<Responses> : never;

type Nullable<Values> = { [Name in keyof Values]: Values[Name] | null };
type PathPart<Operation> = Operation extends { parameters: { path: infer Values } } ? { path: Values } : unknown;
type QueryPart<Operation> = Operation extends { parameters: { query?: infer Values } }
  ? { query?: Nullable<NonNullable<Values>> }
  : unknown;
type Body<Operation> = Operation extends { requestBody: infer Request }
  ? { body: Json<Request> }
  : Operation extends { requestBody?: infer Request }
    ? { body?: Json<NonNullable<Request>> }
    : unknown;

/** What is sent with a call: the parts of the path, the query (null leaves a value out), and the body. */
export type CallOptions<Path extends keyof paths, Name extends Method> = PathPart<Call<Path, Name>> &
  QueryPart<Call<Path, Name>> &
  Body<Call<Path, Name>> & { signal?: AbortSignal; headers?: Record<string, string> };

/** The paths of lists that come page by page. */
export type ListPath = {
  [Path in PathsOf<'get'>]: Answer<Path, 'get'> extends { items: unknown[]; nextCursor: string | null } ? Path : never;
}[PathsOf<'get'>];
/** The items of such a list. */
export type ItemOf<Path extends ListPath> = Answer<Path, 'get'> extends { items: (infer Item)[] } ? Item : never;
export type ListFilter<Path extends ListPath> =
  CallOptions<Path, 'get'> extends { query?: infer Query } ? Omit<NonNullable<Query>, 'limit' | 'cursor'> : never;

const prefix = '/api/v1';

/**
 * call sends one request to the server as the signed-in user, checked against the server's own description: path,
 * query, body and answer are those of the operation. It throws an ApiError.
 */
export function call<Name extends Method, Path extends PathsOf<Name>>(
  method: Name,
  path: Path,
  options: CallOptions<Path, Name>,
): Promise<Answer<Path, Name>> {
  const {
    path: values = {},
    query: search = {},
    body,
    signal,
    headers,
  } = options as {
    path?: Record<string, string>;
    query?: Parameters<typeof queryString>[0];
    body?: unknown;
    signal?: AbortSignal;
    headers?: Record<string, string>;
  };
  const filled = path
    .slice(prefix.length)
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  return authorizedRequest<Answer<Path, Name>>(filled + queryString(search), {
    method: method.toUpperCase() as Uppercase<Method>,
    ...(body !== undefined && { body }),
    ...(headers && { headers }),
    signal,
  });
}

/** The answer, or null when it is NOT_FOUND. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
