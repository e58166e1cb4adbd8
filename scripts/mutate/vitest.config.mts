import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests of one mutated file. StrykerJS runs them in a copy of the project, which is the working directory. */
export default defineConfig({
  resolve: { alias: { vscode: join(process.cwd(), 'test/support/vscode-strings.ts') } },
  test: {
    include: (process.env['MUTATE_TESTS'] ?? '').split(','),
    testTimeout: 10_000,
  },
});
