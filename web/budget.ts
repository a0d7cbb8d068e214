import { brotliCompressSync, constants } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';
import { steps } from './chunks';

/** What a visitor downloads at most, in kB (1000 bytes); JavaScript as brotli sends it. */
const most = {
  /** The entry and the sign-in form. */
  signIn: 112,
  /** The entry, the shell with its connection, and the dashboard. */
  dashboard: 156,
  /** Every font file. */
  fonts: 60,
  /** The page of displays, which a build of its own makes. */
  counter: 90,
};

/** Stops a build that is heavier than the page may be. What is loaded later, when the page is idle, is not counted. */
export function budget(): Plugin {
  return {
    name: 'harang-budget',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const weights: [keyof typeof most, number][] = [
          ['signIn', scripts(chunks, [...steps.entry, ...steps.signIn])],
          ['dashboard', scripts(chunks, [...steps.entry, ...steps.dashboard])],
          ['fonts', fonts(bundle)],
        ];
        for (const [what, bytes] of weights) {
          const weight = `${what}: ${(bytes / 1000).toFixed(1)} of ${most[what]} kB`;
          if (bytes > most[what] * 1000) this.error(`over the budget of web/budget.ts: ${weight}`);
          this.info(weight);
        }
      },
    },
  };
}

/** The same for the page of displays. */
export function counterBudget(): Plugin {
  return {
    name: 'harang-counter-budget',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const bytes = chunks.reduce((sum, { code }) => sum + brotli(code), 0);
        const weight = `counter: ${(bytes / 1000).toFixed(1)} of ${most.counter} kB`;
        if (bytes > most.counter * 1000) this.error(`over the budget of web/budget.ts: ${weight}`);
        this.info(weight);
      },
    },
  };
}

/** The brotli bytes of the chunks that these modules need before they run. */
function scripts(chunks: Rolldown.OutputChunk[], modules: readonly string[]): number {
  const needed = new Set<Rolldown.OutputChunk>();
  const need = (chunk: Rolldown.OutputChunk | undefined) => {
    if (chunk === undefined || needed.has(chunk)) return;
    needed.add(chunk);
    for (const name of chunk.imports) need(chunks.find(({ fileName }) => fileName === name));
  };
  for (const module of modules) {
    const chunk = chunks.find(({ moduleIds }) => moduleIds.includes(module));
    if (chunk === undefined) throw new Error(`web/budget.ts: no chunk holds ${module}`);
    need(chunk);
  }
  return [...needed].reduce((sum, { code }) => sum + brotli(code), 0);
}

const brotli = (code: string) => brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

function fonts(bundle: Rolldown.OutputBundle): number {
  const files = Object.values(bundle).filter((file) => file.type === 'asset' && file.fileName.endsWith('.woff2'));
  return files.reduce((sum, file) => sum + Buffer.byteLength(file.type === 'asset' ? file.source : ''), 0);
}
