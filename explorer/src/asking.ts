// How operations reach the server: queries and mutations by POST, subscriptions over graphql-transport-ws, each with
// what the session says.
import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, type ExecutionResult } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import type { Given } from './given';
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
  const { exchanged } = session();
  const begun = performance.now();
  const response = await fetch(input, { ...init, body, headers, credentials: 'same-origin' });
  const milliseconds = performance.now() - begun;
  const answer = await response.clone().json().catch(() => ({}));
  if (session().exchanged !== exchanged) return new Promise(() => {}); // nobody waits for it any more
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

export function fetcherOf({ endpoint, words }: Given): Fetcher {
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
    if (operation?.operation !== 'subscription') return byPost(asked, options);
    change({ told: null });
    return follow(client, asked, words);
  };
}

type Event = IteratorResult<ExecutionResult>;

/** What a subscription gives, where a refusal or a lost connection is one more thing given: GraphiQL shows those alone. */
function follow(client: Client, asked: FetcherParams, words: Given['words']): AsyncIterableIterator<ExecutionResult> {
  const events = client.iterate<Record<string, unknown>>({ ...asked, operationName: asked.operationName ?? undefined });
  const end: Event = { done: true, value: undefined };
  const told = (fault: unknown): Event => ({ done: false, value: { errors: faults(fault, words) } as ExecutionResult });
  let over = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      const event = await (events.next() as Promise<Event>).catch(told);
      return over ? end : event;
    },
    return: async () => {
      over = true;
      await events.return?.();
      return end;
    },
  };
}

function faults(fault: unknown, words: Given['words']): object[] {
  if (Array.isArray(fault)) return fault;
  if (fault instanceof CloseEvent) return [{ message: `${words.closed} ${fault.code} ${fault.reason}`.trim() }];
  return [{ message: fault instanceof Error ? fault.message : words.notConnected }];
}
