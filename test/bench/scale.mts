// `npm run bench:scale [-- FIGURE... OPTIONS]`: what many sandboxes, storms and hostile guests cost the built extension, each
// number beside its goal; see docs/benchmarks.md.
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../scripts/vscode/paths.mts';
import { bundlePrograms } from './scale/bundle.ts';
import { figures } from './scale/figures.ts';
import type { Results } from './scale/measures/results.ts';
import { reportRows, tableHead, tableLine, type ReportedRow } from './scale/report.ts';
import { runOnce, type Setup } from './scale/run-once.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: 'string', default: root },
    node: { type: 'string', default: process.execPath },
    repeats: { type: 'string', default: '3' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  print(`npm run bench:scale [-- FIGURE... OPTIONS]
  FIGURE          ${figures.map(({ name }) => name).join(', ')}; all of them when none is named
  --dist FOLDER   the project whose dist/ is measured (this one)
  --node PATH     the Node that runs the extension (the one that runs this)
  --repeats N     runs of each figure (3)
  --profile DIR   writes V8's CPU profiles of the measured processes there
  --json          prints JSON`);
  process.exit();
}

const unknown = positionals.filter((wanted) => !figures.some(({ name }) => name === wanted));
if (unknown.length > 0) {
  tell(`There is no figure ${unknown.join(', ')}; --help lists them.`);
  process.exit(2);
}
const wanted = figures.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const setup: Setup = {
  programs: await bundlePrograms(),
  projectFolder: resolve(values.dist),
  nodePath: resolve(values.node),
  ...(values.profile !== undefined && { profileFolder: resolve(values.profile) }),
};
const rows: ReportedRow[] = [];
if (!values.json) for (const line of tableHead) print(line);
for (const figure of wanted) {
  const results: Results[] = [];
  for (let run = 0; run < Number(values.repeats); run++) {
    tell(`${figure.name}, run ${run + 1}; load ${loadavg()[0]?.toFixed(1) ?? '?'}`);
    try {
      results.push(await runOnce(setup, figure.measure));
    } catch (error) {
      tell(`${figure.name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  const reported = reportRows(figure, results);
  rows.push(...reported);
  if (!values.json) for (const row of reported) print(tableLine(row));
}
if (values.json) {
  const machine = { processors: cpus().length, model: cpus()[0]?.model ?? '', load: loadavg() };
  print(JSON.stringify({ date: new Date().toISOString(), machine, ...setup, rows }, undefined, 2));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
