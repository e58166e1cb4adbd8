import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestShape } from './guest.ts';
import type { HostileKind } from './hostile.ts';
import type { AgentsCommand, AgentsReport } from './messages.ts';

/** The process of the simulated agents, seen from the one that measures. */
export interface Agents {
  /** Where the sockets are. */
  readonly folder: string;
  /** Serves `sandboxes` guests of one shape. */
  serve(sandboxes: number, shape: GuestShape): Promise<void>;
  serveHostile(kind: HostileKind): Promise<void>;
  counts(): Promise<Extract<AgentsReport, { kind: 'counts' }>>;
  /** Tells something that has no answer. */
  tell(command: AgentsCommand): void;
  /** Ends the process and removes its folder. */
  stop(): void;
}

/** Starts the bundled `program` with the Node at `nodePath`. */
export function startAgents(program: string, nodePath: string): Agents {
  const folder = mkdtempSync(join(tmpdir(), 'scale-'));
  const child = fork(program, { execPath: nodePath, execArgv: [] });
  const tell = (command: AgentsCommand): void => void child.send(command);
  async function ask<K extends AgentsReport['kind']>(
    command: AgentsCommand,
    kind: K,
  ): Promise<Extract<AgentsReport, { kind: K }>> {
    const answer = await new Promise<AgentsReport>((resolve, reject) => {
      child.once('message', (report) => {
        resolve(report as AgentsReport);
      });
      child.once('exit', (code) => {
        reject(new Error(`The process of the agents ended with ${code ?? 'a signal'}.`));
      });
      tell(command);
    });
    child.removeAllListeners('exit');
    if (answer.kind !== kind) throw new Error(`The agents answered ${answer.kind} instead of ${kind}.`);
    return answer as Extract<AgentsReport, { kind: K }>;
  }
  return {
    folder,
    tell,
    serve: async (sandboxes, shape) => {
      await ask({ kind: 'serve', folder, sandboxes, shape }, 'serving');
    },
    serveHostile: async (hostile) => {
      await ask({ kind: 'serveHostile', folder, hostile }, 'serving');
    },
    counts: () => ask({ kind: 'count' }, 'counts'),
    stop: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
