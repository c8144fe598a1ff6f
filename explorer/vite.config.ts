// Builds the explorer of /graphql: one entry, its chunks and workers under names that hold their hash, a manifest that
// says which is which, and the licence texts of all that is bundled. Where it is put is said with --outDir.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

interface Locked {
  packages: Record<string, { version?: string; license?: string; dev?: boolean }>;
}

const LICENCE = /^(licen[cs]e|copying|notice|thirdpartynotices)/i;

/** Writes what the licences of the bundled packages ask for: their texts. Fails where a package has none at all. */
function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      const locked = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Locked;
      const texts = Object.entries(locked.packages)
        .filter(([place, one]) => place && !one.dev && existsSync(place))
        .map(([place, one]) => {
          const files = readdirSync(place).filter((name) => LICENCE.test(name)).sort();
          if (!files.length && !one.license) this.error(`${place} names no licence`);
          const name = place.replace(/^.*node_modules\//, '');
          const text = files.map((file) => readFileSync(`${place}/${file}`, 'utf8').trim());
          return [`${name} ${one.version} (${one.license})`, ...text].join('\n\n');
        });
      const head = 'What the explorer of govgraph is made of, with the licence of each part.';
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: [head, ...texts].join(`\n\n${'='.repeat(80)}\n\n`) + '\n' });
    },
  };
}

export default defineConfig({
  base: './', // below whatever path the server has
  plugins: [licences()],
  publicDir: false,
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the policy of the page has no data: but for pictures
    chunkSizeWarningLimit: 4000,
    reportCompressedSize: false,
    emptyOutDir: true,
    rolldownOptions: {
      input: 'src/main.tsx',
      // "use client" says nothing where all is for the browser.
      checks: { moduleLevelDirective: false },
    },
  },
});
