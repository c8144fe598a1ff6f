// A panel that shows what the last answer says of its own making: its cost, the reads with their rows and times, where each
// field comes from, and the way to the same thing in SPARQL. What it does not know it shows as it is named.
import type { GraphiQLPlugin } from '@graphiql/react';
import type { Given } from './given';
import { change, useSession } from './session';

type Entry = Record<string, unknown>;

export function explainPanel({ words }: Given): GraphiQLPlugin {
  const named = (key: string): string => (words as Record<string, string>)[key] ?? key;

  function Explanation() {
    const { explain, told } = useSession();
    const { explain: said, cost } = told?.extensions ?? {};
    return (
      <section className="panel" aria-label={words.explainTitle}>
        <h2>{words.explainTitle}</h2>
        <label className="explain">
          <input type="checkbox" checked={explain} onChange={(event) => change({ explain: event.target.checked })} />
          <span>{words.explainHint}</span>
        </label>
        {isEntry(cost) && (
          <>
            <h3>{words.cost}</h3>
            <Lines of={cost} />
          </>
        )}
        {isEntry(said) ? <Parts of={said} /> : explain && <p>{words.explainNone}</p>}
      </section>
    );
  }

  function Parts({ of }: { of: Entry }) {
    const { reads, fields, ...simple } = of;
    return (
      <>
        <h3>{words.whole}</h3>
        <Lines of={simple} />
        {isList(reads) && (
          <>
            <h3>{words.reads}</h3>
            {reads.map((one, place) => (
              <Reading key={place} of={one} />
            ))}
          </>
        )}
        {isList(fields) && (
          <>
            <h3>{words.fields}</h3>
            {fields.map((one, place) => (
              <Origin key={place} of={one} />
            ))}
          </>
        )}
      </>
    );
  }

  /** One read: where in the answer, what of which things, how many, how long, and the query that gives the same. */
  function Reading({ of: { part, what, of, sparql, openInSparql, ...figures } }: { of: Entry }) {
    return (
      <div className="explained">
        <p>
          <code>{text(part)}</code> {reading(text(what), text(of))}
        </p>
        <p className="figures-line">
          {Object.entries(figures)
            .map(([key, value]) => (key === 'milliseconds' ? `${text(value)} ms` : `${named(key)} ${text(value)}`))
            .join(' · ')}
        </p>
        {typeof sparql === 'string' && (
          <details>
            <summary>SPARQL</summary>
            <pre tabIndex={0}>{sparql}</pre>
          </details>
        )}
        {typeof openInSparql === 'string' && /^https?:\/\//.test(openInSparql) && (
          <p>
            <a href={openInSparql} target="_blank" rel="noopener">
              {words.openInSparql}
            </a>
          </p>
        )}
      </div>
    );
  }

  function reading(what: string, of: string): string {
    const kind = named(`read.${what}`).replace(/^read\./, '');
    return of ? words.readOf.replace('{what}', kind).replace('{of}', of) : kind;
  }

  /** Which property a field is, and which shapes say so. */
  function Origin({ of: { field, part, ...origin } }: { of: Entry }) {
    return (
      <div className="explained">
        <p title={text(part)}>
          <code>{text(field)}</code>
        </p>
        <Lines of={origin} />
      </div>
    );
  }

  function Lines({ of }: { of: Entry }) {
    return (
      <dl>
        {Object.entries(of)
          .filter(([, value]) => value !== null && value !== undefined)
          .map(([key, value]) => (
            <div key={key}>
              <dt>{named(key)}</dt>
              <dd>{isEntry(value) ? <Lines of={value} /> : key === 'audience' ? named(text(value)) : text(value)}</dd>
            </div>
          ))}
      </dl>
    );
  }

  function text(value: unknown): string {
    if (value === null || value === undefined) return '';
    if (Array.isArray(value)) return value.map(text).join(', ');
    if (typeof value === 'number') return value.toLocaleString(document.documentElement.lang);
    if (typeof value === 'boolean') return value ? words.yes : words.no;
    return String(value);
  }

  return { title: words.explainTitle, icon: ExplainIcon, content: Explanation };
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is Entry[] {
  return Array.isArray(value) && value.length > 0 && value.every(isEntry);
}

function ExplainIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" aria-hidden="true">
      <path d="M4 6h16M4 12h10M4 18h6M17 13a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM19.2 18.2 21.5 20.5" />
    </svg>
  );
}
