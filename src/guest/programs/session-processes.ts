import { readdir, readFile } from 'node:fs/promises';
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

/**
 * Ends every process of the sessions whose leaders are `leaders`, background jobs in groups of their own included:
 * SIGTERM, then SIGKILL to what is left after half a second, which is within what an interrupted agent has left. Resolves when none is left or SIGKILL is sent.
 */
export async function endSessions(leaders: readonly number[]): Promise<void> {
  const signalAll = (pids: readonly number[] | undefined, signal: NodeJS.Signals): void => {
    // Without /proc only the leaders' own groups are known.
    for (const pid of pids ?? leaders.map((leader) => -leader)) signalProcess(pid, signal);
  };
  signalAll(await processesOf(leaders), 'SIGTERM');
  for (let waitedMs = 0; waitedMs < terminationGraceMs; waitedMs += lookIntervalMs) {
    await sleep(lookIntervalMs);
    if ((await processesOf(leaders))?.length === 0) return;
  }
  signalAll(await processesOf(leaders), 'SIGKILL');
}

/** The living processes of the sessions; `undefined` where the system does not tell. */
async function processesOf(leaders: readonly number[]): Promise<readonly number[] | undefined> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return undefined;
  const found: number[] = [];
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name in parentheses may contain anything; behind it come state, parent, group and session.
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z' && leaders.includes(Number(session))) found.push(Number(pid));
  }
  return found;
}
