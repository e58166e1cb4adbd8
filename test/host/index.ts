import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

/** Called by VS Code inside the extension host; rejects when a test failed. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: 'spec', color: false });
  for (const file of globSync('*.test.js', { cwd: __dirname }).sort()) mocha.addFile(join(__dirname, file));
  const skipped: string[] = [];
  const failures: string[] = [];
  const failureCount = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('fail', (test) => failures.push(test.fullTitle()));
    runner.on('pending', (test) => skipped.push(test.fullTitle()));
    runner.on('end', () => {
      const { passes: passed = 0, failures: failed = 0 } = runner.stats ?? {};
      const results = process.env['SANDLIGHT_HOST_RESULTS'];
      if (results !== undefined)
        writeFileSync(results, JSON.stringify({ passed, failed, failures, skipped }));
    });
  });
  if (failureCount > 0) throw new Error(`${failureCount} host tests failed.`);
}
