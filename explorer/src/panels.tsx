// The buttons of the panels, in the reader's language. GraphiQL words its own in English ("Show …") and lets nobody
// change that: they stay where they are, unseen, and ours press them.
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { pick, Tooltip, UnStyledButton, useGraphiQL } from '@graphiql/react';
import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import type { Given } from './given';

export function Panels({ words }: Pick<Given, 'words'>) {
  const { plugins, visiblePlugin } = useGraphiQL(pick('plugins', 'visiblePlugin'));
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => {
    const made = document.createElement('div');
    made.className = 'panels';
    document.querySelector('.graphiql-sidebar')?.prepend(made);
    setPlace(made);
    return () => made.remove();
  }, []);
  const names: Record<string, string> = {
    [DOC_EXPLORER_PLUGIN.title]: words.documentation,
    [HISTORY_PLUGIN.title]: words.history,
  };
  const press = (index: number) =>
    document.querySelector<HTMLElement>(`.graphiql-sidebar > button[data-index="${index}"]`)?.click();
  return (
    place &&
    createPortal(
      plugins.map((plugin, index) => {
        const name = names[plugin.title] ?? plugin.title;
        const open = plugin.title === visiblePlugin?.title;
        return (
          <Tooltip key={plugin.title} label={name}>
            <UnStyledButton
              type="button"
              className={open ? 'active' : undefined}
              aria-label={name}
              aria-expanded={open}
              onClick={() => press(index)}
            >
              <plugin.icon aria-hidden="true" />
            </UnStyledButton>
          </Tooltip>
        );
      }),
      place,
    )
  );
}
