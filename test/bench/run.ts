// npm run bench [-- REPEATS]: measures the wires side by side and prints a Markdown table.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildTtrpcGo, whyNoTtrpcGo } from '../peers/ttrpc-go/build.ts';
import { median } from '../support/measuring.ts';
import { startProgram } from '../support/programs.ts';
import { callsAtOnce, type Result } from './loads.ts';

/** A client and the server that it talks to, each a program with its first arguments; the socket's path follows. */
interface Pair {
  readonly name: string;
  readonly client: Command;
  readonly server: Command;
  /** The pair that the ratios to Go's client compare with: the same server. */
  readonly goPair?: string;
}

interface Command {
  readonly argv: readonly [string, ...string[]];
  /** What follows the socket's path. */
  readonly more?: readonly string[];
}

const run = promisify(execFile);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Both ends on one core: across two, waking the other one up costs more than any protocol does. */
const canPin = spawnSync('taskset', ['-V']).status === 0;
const core = String(availableParallelism() - 1);
const pinned = (argv: readonly string[]): [string, ...string[]] =>
  canPin ? ['taskset', '-c', core, ...argv] : (argv as [string, ...string[]]);

function pairs(): Pair[] {
  const node = (program: string, kind: string): Command => ({
    argv: [process.execPath, resolve(`out/bench/${program}.mjs`), kind],
  });
  const own = (name: string, kind: string, goPair?: string): Pair => ({
    name,
    client: node('client', kind),
    server: node('server', kind),
    ...(goPair !== undefined && { goPair }),
  });
  const why = whyNoTtrpcGo();
  if (why !== undefined) tell(`Without the Go peers: the machine ${why}.`);
  const go = why === undefined ? buildTtrpcGo() : undefined;
  const goClient = go && { argv: [go.client] as const, more: ['bench'] };
  const goServer = go && { argv: [go.server] as const };
  const [goToGo, goToOurs] = ['Go ttrpc -> Go', 'Go ttrpc -> Sandlight'];
  return [
    own('raw Node echo', 'raw'),
    ...(goClient && goServer
      ? [
          { name: goToGo, client: goClient, server: goServer },
          { name: 'ttrpc -> Go', client: node('client', 'arcbox-ttrpc'), server: goServer, goPair: goToGo },
          { name: goToOurs, client: goClient, server: node('server', 'arcbox-ttrpc') },
        ]
      : []),
    own('ttrpc -> Sandlight', 'arcbox-ttrpc', goToOurs),
    own('frames -> Sandlight', 'arcbox', goToOurs),
    own('gRPC -> Sandlight', 'arcbox-grpc'),
    own('grpc-js -> grpc-js', 'grpc-js'),
  ];
}

async function runPair({ client, server }: Pair, directory: string): Promise<Result> {
  const path = join(directory, 'bench.sock');
  rmSync(path, { force: true });
  const [serverProgram, ...serverArgs] = pinned([...server.argv, path]);
  const running = await startProgram(serverProgram, serverArgs, /listening/);
  try {
    const [clientProgram, ...clientArgs] = pinned([...client.argv, path, ...(client.more ?? [])]);
    const { stdout } = await run(clientProgram, clientArgs, { timeout: 120_000 });
    return JSON.parse(stdout) as Result;
  } finally {
    await running.stop();
  }
}

function medianResult(results: readonly Result[]): Result {
  const cpuMicros = results.flatMap((result) => result.cpuMicros ?? []);
  return {
    rttMicros: median(results.map((result) => result.rttMicros)),
    callsPerSecond: median(results.map((result) => result.callsPerSecond)),
    ...(cpuMicros.length > 0 && { cpuMicros: median(cpuMicros) }),
  };
}

/** The median of the ratios of each repeat: what a repeat measured side by side had the same machine. */
function ratio(
  field: keyof Result,
  results: readonly Result[],
  references: readonly Result[] | undefined,
): string {
  const ratios = results.map(
    (result, repeat) => (result[field] ?? NaN) / (references?.[repeat]?.[field] ?? NaN),
  );
  const value = median(ratios);
  return Number.isNaN(value) ? '-' : `${value.toFixed(2)} x`;
}

function printTable(table: readonly Pair[], measured: ReadonlyMap<string, readonly Result[]>): void {
  const raw = measured.get('raw Node echo');
  const grpcJs = measured.get('grpc-js -> grpc-js');
  print(
    `| client -> server | round trip, us | to raw | to Go client | ${callsAtOnce} at once, calls/s | to Go client | to grpc-js | client CPU, us a call |`,
  );
  print('|---|---:|---:|---:|---:|---:|---:|---:|');
  for (const { name, goPair } of table) {
    const results = measured.get(name) ?? [];
    const go = goPair === undefined ? undefined : measured.get(goPair);
    const { rttMicros, callsPerSecond, cpuMicros } = medianResult(results);
    const cells = [
      name,
      rttMicros.toFixed(1),
      ratio('rttMicros', results, raw),
      ratio('rttMicros', results, go),
      callsPerSecond.toFixed(0),
      ratio('callsPerSecond', results, go),
      ratio('callsPerSecond', results, grpcJs),
      cpuMicros?.toFixed(1) ?? '-',
    ];
    print(`| ${cells.join(' | ')} |`);
  }
}

const repeats = Number(process.argv[2] ?? 5);
const only = process.argv[3];
const table = pairs().filter(({ name }) => only === undefined || new RegExp(only).test(name));
const directory = mkdtempSync(join(tmpdir(), 'sandlight-bench-'));
const measured = new Map<string, Result[]>();
// Pair after pair, again and again, so that a busy moment of the machine does not fall on one of them alone.
for (let repeat = 1; repeat <= repeats; repeat++) {
  for (const pair of table) {
    const result = await runPair(pair, directory);
    measured.set(pair.name, [...(measured.get(pair.name) ?? []), result]);
    tell(
      `${repeat}/${repeats} ${pair.name}: ${result.rttMicros.toFixed(1)} us, ${result.callsPerSecond.toFixed(0)} calls/s`,
    );
  }
}
rmSync(directory, { recursive: true, force: true });
const pinning = canPin ? `both ends pinned to core ${core}` : 'not pinned: taskset is missing';
print(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${pinning}, medians of ${repeats}.\n`);
printTable(table, measured);
