import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The unit tests that can judge a mutant; see mutate.mts. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: {
    alias: { vscode: fileURLToPath(new URL('../test/support/vscode-strings.ts', import.meta.url)) },
  },
  test: {
    include: ['test/unit/**/*.test.ts'],
    exclude: [
      // They read the source, which is not itself.
      'test/unit/l10n.test.ts',
      'test/unit/architecture.test.ts',
      // They run whole agents, which set the umask of their process; the runner uses threads.
      'test/unit/guest/**',
      'test/unit/agent/transport/**',
      'test/unit/sandboxes/configured-tls.test.ts',
      'test/unit/views/bad-relays.test.ts',
      // They wait for the file system.
      'test/unit/sandboxes/discovery/**',
    ],
    testTimeout: 20_000,
  },
});
