// What an answer was to is gone when another operation takes its place in the editor, whichever way: by an example, from
// the history, with a tab. A subscription is left, and nothing of the former operation stays to be seen.
import { useEffect } from 'react';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { stripIgnoredCharacters } from 'graphql';
import { change, session } from './session';

export function Exchanging() {
  const { queryEditor, responseEditor } = useGraphiQL(pick('queryEditor', 'responseEditor'));
  const { stop, updateActiveTabValues } = useGraphiQLActions();
  useEffect(() => {
    if (!queryEditor) return undefined;
    let before = bare(queryEditor.getValue());
    const watching = queryEditor.onDidChangeModelContent(({ isFlush }) => {
      const now = bare(queryEditor.getValue());
      if (isFlush && now !== before) {
        stop();
        responseEditor?.setValue('');
        change({ told: null, exchanged: session().exchanged + 1 });
        // A tab that was changed to has put its own answer there by then.
        queueMicrotask(() => responseEditor?.getValue() === '' && updateActiveTabValues({ response: '' }));
      }
      before = now;
    });
    return () => watching.dispose();
  }, [queryEditor, responseEditor, stop, updateActiveTabValues]);
  return null;
}

/** An operation as it is however it is laid out: putting it in order exchanges nothing. */
function bare(query: string): string {
  try {
    return stripIgnoredCharacters(query);
  } catch {
    return query; // not whole yet
  }
}
