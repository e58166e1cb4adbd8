import { setTimeout as sleep } from 'node:timers/promises';
import { startCpuMeter, startStallMeter } from '../meters.ts';
import { stretchPolls } from '../poll-clock.ts';
import { allAsked, configureSandboxes, type Stage } from '../stage.ts';
import type { Results } from './results.ts';

const shape = { containers: 2000, bindingsEach: 4, services: 100, isBusy: false } as const;
const windowMs = 15_000;
/** A poll every 500 ms: the most that the extension spends on one is far below. */
const faster = 1 / 10;

/** What a visible poll costs of a guest that publishes as much as is shown, when nothing has changed. */
export async function measureFullPoll(stage: Stage): Promise<Results> {
  const { agents, extension } = stage;
  await agents.serve(1, shape);
  extension.tree.setVisible(true);
  stretchPolls(faster);
  configureSandboxes(stage, 1);
  await allAsked(stage, 1, 20_000);
  await sleep(5000);

  const before = await agents.counts();
  const [cpu, stall] = [startCpuMeter(), startStallMeter()];
  await sleep(windowMs);
  const cpuMs = cpu();
  const stalled = stall();
  const polls = (await agents.counts()).statusCalls - before.statusCalls;
  return { polls, cpuMsAPoll: cpuMs / polls, ...stalled };
}
