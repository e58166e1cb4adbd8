// The process that is measured: the built extension, and nothing else that costs anything. Told over IPC what to measure,
// answers with the numbers, and ends.
import { setTimeout as sleep } from 'node:timers/promises';
// Before anything of the extension is loaded: it replaces the global setTimeout.
import './poll-clock.ts';
import { startAgents } from './agents/handle.ts';
import { openExtension } from './editor/open.ts';
import { runMeasure, type Measure } from './measures/measure.ts';

/** What the process is told. */
export interface Assignment {
  readonly measure: Measure;
  /** The folder of the project whose `dist/` is measured. */
  readonly projectFolder: string;
  /** The bundled program of the agents, and the Node that runs it. */
  readonly agentsProgram: string;
  readonly agentsNode: string;
}

/** The extension has done by then what it does after its activation. */
const afterActivationMs = 500;

process.once('message', (assignment: Assignment) => void work(assignment));

async function work({ measure, projectFolder, agentsProgram, agentsNode }: Assignment): Promise<void> {
  const agents = startAgents(agentsProgram, agentsNode);
  try {
    const extension = await openExtension(projectFolder);
    await sleep(afterActivationMs);
    const results = await runMeasure({ agents, extension }, measure).finally(() => {
      for (const error of extension.loggedErrors) process.stderr.write(`The extension logged: ${error}\n`);
    });
    process.send?.(results, () => process.exit());
  } finally {
    agents.stop();
  }
}
