import { setTimeout as sleep } from 'node:timers/promises';
import { startCpuMeter, startStallMeter } from '../meters.ts';
import { stretchPolls } from '../poll-clock.ts';
import { allAsked, configureSandboxes, sandboxName, type Stage } from '../stage.ts';
import type { Results } from './results.ts';
import { portShown } from './shown-port.ts';

/** Notifications that one guest sends as fast as its socket takes them. */
export interface StormParameters {
  readonly containers: number;
}

const notifications = 100_000;
/** No notification of the storm but the last one has it. */
const lastHostPort = 61_234;
const longestMs = 60_000;

/** What the notifications of one guest cost, spread over its containers, until the last one is shown. */
export async function measureStorm(stage: Stage, { containers }: StormParameters): Promise<Results> {
  const { agents, extension } = stage;
  await agents.serve(1, { containers: 50, bindingsEach: 1, services: 3, isBusy: false });
  extension.tree.setVisible(true);
  stretchPolls(1000);
  configureSandboxes(stage, 1);
  await allAsked(stage, 1, 10_000);
  await sleep(2000);

  const [cpu, stall] = [startCpuMeter(), startStallMeter()];
  const startMs = performance.now();
  agents.tell({ kind: 'storm', notifications, containers, lastHostPort });
  const shownAtMs = await portShown(extension.tree, sandboxName(0), lastHostPort, longestMs);
  await sleep(500);
  return {
    microsEach: (cpu() * 1000) / notifications,
    ...stall(),
    untilShownMs: shownAtMs - startMs,
  };
}
