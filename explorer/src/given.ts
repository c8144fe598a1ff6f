// What the page gives the explorer: addresses, examples, and every word of ours in the reader's language.

export interface Example {
  title: string;
  query: string;
  variables?: string;
}

export interface Given {
  endpoint: string;
  schema: string;
  query: string;
  variables: string;
  view: 'public' | 'working';
  examples: Example[];
  words: Record<Word, string>;
}

type Word =
  | 'examples'
  | 'examplesHint'
  | 'view'
  | 'public'
  | 'working'
  | 'token'
  | 'tokenHint'
  | 'needsToken'
  | 'forget'
  | 'explain'
  | 'explainTitle'
  | 'explainHint'
  | 'explainNone'
  | 'openInSparql'
  | 'whole'
  | 'reads'
  | 'fields'
  | 'cost'
  | 'revisionNumber'
  | 'noSchema'
  | 'closed'
  | 'notConnected'
  | 'documentation'
  | 'history'
  | 'readOf'
  | 'yes'
  | 'no';

export function given(): Given {
  const text = document.getElementById('explorer-given')?.textContent;
  if (!text) throw new Error('The page gives the explorer nothing.');
  return JSON.parse(text) as Given;
}
