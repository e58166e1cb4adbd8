import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long programs may take to end after SIGTERM before SIGKILL. */
const terminationGraceMs = 500;

/** How often is looked whether they have. */
const lookIntervalMs = 50;

/** Sends a signal to a process, or with a negative id to a group; one that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone, or not ours to signal; neither can be helped.
  }
}

/** Leaders of the sessions that are being ended. */
const ending = new Set<number>();
let isWatchingExit = false;

/**
 * Ends every process of the sessions whose leaders are `leaders`, background jobs in groups of their own included:
 * SIGTERM, then SIGKILL to what is left after half a second, or at once when this process ends before. Resolves when none
 * is left or SIGKILL is sent.
 */
export async function endSessions(leaders: readonly number[]): Promise<void> {
  if (!isWatchingExit) {
    isWatchingExit = true;
    process.on('exit', () => {
      signalSessions([...ending], 'SIGKILL');
    });
  }
  for (const leader of leaders) ending.add(leader);
  signalSessions(leaders, 'SIGTERM');
  const endMs = performance.now() + terminationGraceMs;
  while (performance.now() < endMs) {
    await sleep(lookIntervalMs);
    if (processesOf(leaders)?.length === 0) break;
  }
  signalSessions(leaders, 'SIGKILL');
  for (const leader of leaders) ending.delete(leader);
}

function signalSessions(leaders: readonly number[], signal: NodeJS.Signals): void {
  // Without /proc only the leaders' own groups are known.
  for (const pid of processesOf(leaders) ?? leaders.map((leader) => -leader)) signalProcess(pid, signal);
}

/**
 * The living processes of the sessions; `undefined` where the system does not tell. Read without a pause, because it is
 * the last thing a process does; the kernel answers from memory.
 */
function processesOf(leaders: readonly number[]): readonly number[] | undefined {
  if (leaders.length === 0) return [];
  const wanted = new Set(leaders);
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return undefined;
  const found: number[] = [];
  for (const pid of pids) {
    const stat = textOf(`/proc/${pid}/stat`);
    // The name in parentheses may contain anything; behind it come state, parent, group and session.
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z' && wanted.has(Number(session))) found.push(Number(pid));
  }
  return found;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // There is no such folder here.
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process ended meanwhile.
  }
}
