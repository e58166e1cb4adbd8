import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../../support/measuring.ts';
import { startCpuMeter, startStallMeter } from '../meters.ts';
import { stretchPolls } from '../poll-clock.ts';
import { allAsked, configureSandboxes, sandboxName, type Stage } from '../stage.ts';
import type { Results } from './results.ts';
import { portShown } from './shown-port.ts';

/** A port of one container of one sandbox that changes while all else is quiet. */
export interface PortChangeParameters {
  readonly sandboxes: number;
}

const changes = 15;
/** No guest has such a port before. */
const firstPort = 60_000;
/** Long enough that telling the agents is over before the processor time is taken. */
const quietMs = 200;
const longestConnectMs = 90_000;
const longestMs = 20_000;
/** VS Code asks for the changed rows within this time. */
const afterMs = 300;

/** What one change of a port costs among many sandboxes that are shown, and how long until VS Code is told. */
export async function measurePortChange(stage: Stage, { sandboxes }: PortChangeParameters): Promise<Results> {
  const { agents, extension } = stage;
  await agents.serve(sandboxes, { containers: 50, bindingsEach: 1, services: 3, isBusy: true });
  extension.tree.setVisible(true);
  // Whatever waits for its next poll from now on waits for hours.
  stretchPolls(1000);
  const connectStall = startStallMeter();
  configureSandboxes(stage, sandboxes);
  const connected = await allAsked(stage, sandboxes, longestConnectMs);
  await sleep(5000);
  const connecting = connectStall();

  const idleCpuMs: number[] = [];
  const cpuMs: number[] = [];
  const untilToldMs: number[] = [];
  for (let change = 0; change < changes; change++) {
    const idle = startCpuMeter();
    await sleep(afterMs);
    idleCpuMs.push(idle());

    const sandbox = Math.floor((sandboxes * change) / changes);
    const hostPort = firstPort + change;
    const publishedAtMs = performance.now() + quietMs;
    agents.tell({ kind: 'publish', sandbox, container: change, hostPort, afterMs: quietMs });
    await sleep(quietMs / 2);
    const cpu = startCpuMeter();
    const shownAtMs = await portShown(extension.tree, sandboxName(sandbox), hostPort, longestMs);
    untilToldMs.push(shownAtMs - publishedAtMs);
    await sleep(afterMs);
    cpuMs.push(cpu());
  }
  return {
    connected,
    ...connecting,
    cpuMs: Math.max(median(cpuMs) - median(idleCpuMs), 0),
    untilToldMs: median(untilToldMs),
  };
}
