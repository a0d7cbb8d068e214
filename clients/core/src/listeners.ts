/** A typed list of listeners: each runs even when one before it throws. */
export interface Listeners<Events> {
  on<Name extends keyof Events>(name: Name, run: (value: Events[Name]) => void): () => void;
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
}

export function createListeners<Events>(reportError: (error: unknown) => void): Listeners<Events> {
  type Run = (value: Events[keyof Events]) => void;
  const lists = new Map<keyof Events, Set<{ run: Run }>>();
  return {
    on(name, run) {
      const list = lists.get(name) ?? new Set();
      lists.set(name, list);
      // Wrapped, so that one function registered twice is called twice and removed once.
      const entry = { run: run as Run };
      list.add(entry);
      return () => {
        list.delete(entry);
      };
    },
    emit(name, value) {
      for (const { run } of [...(lists.get(name) ?? [])]) {
        try {
          run(value);
        } catch (error) {
          reportError(error);
        }
      }
    },
  };
}
