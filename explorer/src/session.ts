// What holds for every request of this tab: whose token, which view, whether to explain; and what the last answer said
// of itself. The token stays in sessionStorage: it is gone with the tab, and never part of an address.
import { useSyncExternalStore } from 'react';

export interface Told {
  status: number;
  milliseconds: number;
  revision: string | null;
  extensions: Record<string, unknown>;
}

export interface Session {
  token: string;
  view: 'public' | 'working';
  explain: boolean;
  told: Told | null;
  /** How many times another operation took the place of one: what is answered later to the former is passed over. */
  exchanged: number;
}

const TOKEN = 'govgraph:token';
const listeners = new Set<() => void>();
let current: Session = { token: stored(), view: 'public', explain: false, told: null, exchanged: 0 };

function stored(): string {
  try {
    return sessionStorage.getItem(TOKEN) ?? '';
  } catch {
    return ''; // a browser that stores nothing
  }
}

export function session(): Session {
  return current;
}

export function change(more: Partial<Session>): void {
  current = { ...current, ...more };
  if (more.token !== undefined) {
    try {
      if (more.token) sessionStorage.setItem(TOKEN, more.token);
      else sessionStorage.removeItem(TOKEN);
    } catch {
      // then it lives as long as the page
    }
  }
  listeners.forEach((tell) => tell());
}

export function useSession(): Session {
  return useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, session);
}
