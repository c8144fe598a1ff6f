// A panel with the operations the documentation shows; each opens in a tab of its own.
import { useGraphiQL, useGraphiQLActions, pick, type GraphiQLPlugin } from '@graphiql/react';
import { Kind, parse, type OperationDefinitionNode } from 'graphql';
import type { Given } from './given';

export function examplesPanel({ examples, words }: Given): GraphiQLPlugin {
  function Examples() {
    const { addTab, setOperationFacts } = useGraphiQLActions();
    const { queryEditor, variableEditor } = useGraphiQL(pick('queryEditor', 'variableEditor'));
    const open = (query: string, variables: string) => {
      const standing = queryEditor?.getValue().trim();
      if (standing && !examples.some((one) => one.query.trim() === standing)) addTab();
      queryEditor?.setValue(query);
      // GraphiQL reads the text a moment later; who runs it at once would ask for the operation that was there before.
      const document = parse(query);
      const operations = document.definitions.filter((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION);
      setOperationFacts({ documentAST: document, operationName: operations[0]?.name?.value, operations });
      variableEditor?.setValue(variables);
      queryEditor?.focus();
    };
    return (
      <section className="panel" aria-label={words.examples}>
        <h2>{words.examples}</h2>
        <p>{words.examplesHint}</p>
        <ul className="panel-list">
          {examples.map((one) => (
            <li key={one.title}>
              <button type="button" onClick={() => open(one.query, one.variables ?? '')}>
                {one.title}
              </button>
            </li>
          ))}
        </ul>
      </section>
    );
  }
  return { title: words.examples, icon: ExamplesIcon, content: Examples };
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" aria-hidden="true">
      <path d="M5 3h9l5 5v13H5zM14 3v5h5M8.5 12.5h7M8.5 16.5h4.5" />
    </svg>
  );
}
