// The explorer of /graphql: GraphiQL with our bar, examples and explanations, put into the page that `page.py` writes.
import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { useGraphiQLActions } from '@graphiql/react';
import type { GraphQLSchema } from 'graphql';
import { fetcherOf } from './asking';
import { Bar } from './bar';
import { examplesPanel } from './examples';
import { Exchanging } from './exchanging';
import { explainPanel } from './explaining';
import { given, type Given } from './given';
import { Panels } from './panels';
import { read } from './schema';
import { change, useSession } from './session';

const NARROW = '(max-width: 54rem)';

function Explorer(page: Given) {
  const { token } = useSession();
  const [schema, setSchema] = useState<GraphQLSchema | null>(null);
  const [fault, setFault] = useState('');
  const fetcher = useMemo(() => fetcherOf(page), [page]);
  const [examples, plugins] = useMemo(() => {
    const panel = examplesPanel(page);
    return [panel, [HISTORY_PLUGIN, panel, explainPanel(page)]];
  }, [page]);
  const first = useMemo(isFirstVisit, []);
  useEffect(() => {
    let current = true;
    read(page.schema)
      .then((one) => current && (setSchema(one), setFault('')))
      .catch((error: Error) => current && setFault(`${page.words.noSchema} (${error.message})`));
    return () => {
      current = false;
    };
  }, [page, token]);
  return (
    <>
      <Bar {...page} />
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      <GraphiQL
        fetcher={fetcher}
        schema={schema}
        plugins={plugins}
        defaultQuery={page.examples[0]?.query}
        initialQuery={page.query || undefined}
        initialVariables={page.variables || undefined}
        visiblePlugin={first ? examples.title : undefined}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>
          <Unfold panel={page.words.explainTitle} />
          <Panels words={page.words} />
          <Exchanging />
        </GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}

/** Shows the panel of explanations as soon as they are asked for. */
function Unfold({ panel }: { panel: string }) {
  const { explain } = useSession();
  const { setVisiblePlugin } = useGraphiQLActions();
  useEffect(() => {
    if (explain) setVisiblePlugin(panel);
  }, [explain, panel, setVisiblePlugin]);
  return null;
}

/** Whether examples should be shown: later it is up to the reader which panel stands open. */
function isFirstVisit(): boolean {
  try {
    return !matchMedia(NARROW).matches && localStorage.getItem('graphiql:visiblePlugin') === null;
  } catch {
    return true;
  }
}

const page = given();
change({ view: page.view });
const place = document.getElementById('explorer');
if (place) createRoot(place).render(<Explorer {...page} />);
