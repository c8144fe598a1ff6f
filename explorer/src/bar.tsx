// The bar above the editors: the view, the token, whether to explain, and what the last answer said of itself.
import { useId, useState } from 'react';
import type { Given } from './given';
import { change, useSession } from './session';

export function Bar({ words }: Given) {
  const { token, view, explain, told } = useSession();
  const [typed, setTyped] = useState(token);
  const id = useId();
  const lacking = view === 'working' && !token;
  return (
    <div className="bar">
      <fieldset className="views">
        <legend>{words.view}</legend>
        {(['public', 'working'] as const).map((one) => (
          <label key={one}>
            <input type="radio" name={`${id}view`} checked={view === one} onChange={() => change({ view: one })} />
            <span>{words[one]}</span>
          </label>
        ))}
      </fieldset>
      <form
        className="token"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          change({ token: typed.trim() });
        }}
      >
        <label htmlFor={`${id}token`}>{words.token}</label>
        <input
          id={`${id}token`}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          title={words.tokenHint}
          aria-describedby={lacking ? `${id}lacking` : undefined}
          aria-invalid={lacking || undefined}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={() => change({ token: typed.trim() })}
        />
        {token && (
          <button
            type="button"
            className="button quiet small"
            onClick={() => {
              setTyped('');
              change({ token: '' });
            }}
          >
            {words.forget}
          </button>
        )}
      </form>
      <label className="explain" title={words.explainHint}>
        <input type="checkbox" checked={explain} onChange={(event) => change({ explain: event.target.checked })} />
        <span>{words.explain}</span>
      </label>
      <p className="told" role="status">
        {lacking ? (
          <span id={`${id}lacking`} className="lacking">
            {words.needsToken}
          </span>
        ) : (
          told && (
            <>
              HTTP {told.status} · {Math.max(1, Math.round(told.milliseconds)).toLocaleString(document.documentElement.lang)} ms
              {told.revision && ` · ${words.revisionNumber.replace('{number}', told.revision)}`}
            </>
          )
        )}
      </p>
    </div>
  );
}
