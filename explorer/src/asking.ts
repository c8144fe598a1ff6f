// How operations reach the server: queries and mutations by POST, subscriptions over graphql-transport-ws, each with
// what the session says.
import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, type ExecutionResult } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { change, session } from './session';

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

export function headersOf(init?: HeadersInit): Headers {
  const headers = new Headers(init);
  const { token, view } = session();
  if (token && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  if (view !== 'public') headers.set('govgraph-view', view);
  return headers;
}

async function ask(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = headersOf(init?.headers);
  headers.set('accept', ACCEPT);
  let body = init?.body;
  if (session().explain && typeof body === 'string') {
    const asked = JSON.parse(body);
    body = JSON.stringify({ ...asked, extensions: { ...asked.extensions, explain: true } });
  }
  const begun = performance.now();
  const response = await fetch(input, { ...init, body, headers, credentials: 'same-origin' });
  const milliseconds = performance.now() - begun;
  const answer = await response.clone().json().catch(() => ({}));
  change({
    told: {
      status: response.status,
      milliseconds,
      revision: response.headers.get('govgraph-revision'),
      extensions: answer?.extensions ?? {},
    },
  });
  return response;
}

export function fetcherOf(endpoint: string): Fetcher {
  const url = new URL(endpoint, location.href);
  const socket = (): string => {
    const address = new URL(url);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    return address.href;
  };
  const client = createClient({
    url: socket,
    connectionParams: () => Object.fromEntries(headersOf()),
    retryAttempts: 3,
  });
  const byPost = createGraphiQLFetcher({ url: url.href, fetch: ask as typeof fetch, enableIncrementalDelivery: false });
  return (asked, options) => {
    const document = options?.documentAST;
    const operation = document && getOperationAST(document, asked.operationName);
    return operation?.operation === 'subscription' ? follow(client, asked) : byPost(asked, options);
  };
}

type Event = IteratorResult<ExecutionResult>;

/** What a subscription gives, where a refusal or a lost connection is one more thing given: GraphiQL shows those alone. */
function follow(client: Client, asked: FetcherParams): AsyncIterableIterator<ExecutionResult> {
  const events = client.iterate<Record<string, unknown>>({ ...asked, operationName: asked.operationName ?? undefined });
  const told = (fault: unknown): Event => ({ done: false, value: { errors: faults(fault) } as ExecutionResult });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => (events.next() as Promise<Event>).catch(told),
    return: async () => (await events.return?.()) as Event,
  };
}

function faults(fault: unknown): object[] {
  if (Array.isArray(fault)) return fault;
  if (fault instanceof CloseEvent) return [{ message: `The connection was closed: ${fault.code} ${fault.reason}`.trim() }];
  return [{ message: fault instanceof Error ? fault.message : 'The connection could not be made.' }];
}
