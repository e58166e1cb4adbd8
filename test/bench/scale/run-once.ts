import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Programs } from './bundle.ts';
import type { Measure } from './measures/measure.ts';
import type { Results } from './measures/results.ts';
import type { Assignment } from './subject.ts';

/** What is measured, and with what. */
export interface Setup {
  readonly programs: Programs;
  /** The folder of the project whose `dist/` is measured. */
  readonly projectFolder: string;
  /** The Node that runs the extension. */
  readonly nodePath: string;
  /** Where V8's CPU profile of the process goes; absent: none is made. */
  readonly profileFolder?: string;
}

/**
 * Measures once, in a fresh process with a home of its own.
 *
 * @throws Error when the process ends without results.
 */
export async function runOnce(
  { programs, projectFolder, nodePath, profileFolder }: Setup,
  measure: Measure,
): Promise<Results> {
  const home = mkdtempSync(join(tmpdir(), 'scale-home-'));
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const child = fork(programs.subject, {
    execPath: nodePath,
    execArgv: ['--expose-gc', ...profile],
    env: { PATH: process.env['PATH'], HOME: home, NODE_PATH: programs.modules },
  });
  const assignment: Assignment = {
    ...{ measure, projectFolder },
    agentsProgram: programs.agents,
    agentsNode: process.execPath,
  };
  try {
    return await new Promise<Results>((resolve, reject) => {
      let results: Results | undefined;
      child.once('message', (message) => {
        results = message as Results;
      });
      // A profile is written when the process ends.
      child.once('exit', (code) => {
        if (results === undefined)
          reject(new Error(`The measured process ended with ${code ?? 'a signal'}.`));
        else resolve(results);
      });
      child.send(assignment);
    });
  } finally {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}
