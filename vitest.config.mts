import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** One project a test tier; the host tier runs inside VS Code and is started by scripts/test-host.mts. */
const tier = (name: string, timeoutMs: number, more: object = {}): object => ({
  // Outside VS Code its strings are all that views and commands need of it.
  resolve: { alias: { vscode: fileURLToPath(new URL('test/support/vscode-strings.ts', import.meta.url)) } },
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    // Vitest's own patience of one second is a clock that a busy machine overruns.
    expect: { poll: { timeout: 0.8 * timeoutMs } },
    ...more,
  },
});

export default defineConfig({
  test: {
    projects: [
      tier('unit', 10_000),
      tier('conformance', 30_000),
      tier('peers', 120_000),
      // One workbench at a time: each is a server, an extension host and a browser.
      tier('ui', 180_000, { globalSetup: 'test/ui/global-setup.ts', fileParallelism: false }),
    ],
  },
});
