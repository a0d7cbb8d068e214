import { fileURLToPath } from 'node:url';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What a visit runs: the entry always, then the sign-in form or, with a session, the dashboard. */
export const steps = {
  entry: [source('src/main.tsx'), source('../clients/core/src/tabs/browser-tabs.ts')],
  signIn: [source('src/features/sign-in/sign-in-page.tsx')],
  dashboard: [source('src/app/signed-in-as.tsx'), source('src/features/dashboard/dashboard-page.tsx')],
};

interface Graph {
  getModuleInfo: (id: string) => { importedIds: readonly string[] } | null;
}

const closures = new Map<readonly string[], Set<string>>();

// The clients' indexes name everything, and most of it is dropped: what a step has of them is named by the step.
const index = /\/clients\/\w+\/src\/index\.ts$/;

// The query library's index names them too, and only further pages use them.
const later = /\/(useQueries|queriesObserver)\.js$/;

/** The modules that these import, directly or not; what they load later is not among them. */
function closure(entries: readonly string[], graph: Graph): Set<string> {
  const known = closures.get(entries);
  if (known) return known;
  const found = new Set<string>();
  const visit = (id: string) => {
    if (found.has(id) || later.test(id) || (index.test(id) && entries === steps.entry)) return;
    found.add(id);
    graph.getModuleInfo(id)?.importedIds.forEach(visit);
  };
  entries.forEach(visit);
  closures.set(entries, found);
  return found;
}

/**
 * The chunk of a module. Libraries change rarely and are kept apart, so that a new version of the page does not make
 * every browser fetch them again; otherwise a step is one chunk, which is smaller than many. Further pages are split
 * by the bundler.
 */
export function chunkName(id: string, graph: Graph): string | null {
  const library = id.includes('/node_modules/');
  const onDashboard = closure(steps.dashboard, graph).has(id);
  const onBoth = onDashboard && closure(steps.signIn, graph).has(id);
  if (onBoth || closure(steps.entry, graph).has(id)) return library ? 'libraries' : 'entry';
  if (onDashboard) return library ? 'dashboard-libraries' : 'dashboard';
  return null;
}
