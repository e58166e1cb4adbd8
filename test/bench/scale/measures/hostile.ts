import { setTimeout as sleep } from 'node:timers/promises';
import type { HostileKind } from '../agents/hostile.ts';
import { heapInUse, startResidentMeter, startStallMeter } from '../meters.ts';
import { configureHostile, type Stage } from '../stage.ts';
import type { Results } from './results.ts';

/** Which guest. */
export interface HostileParameters {
  readonly hostile: HostileKind;
}

const windowMs = 15_000;
const bytesPerMegabyte = 1e6;

/** How much memory a guest can make its host take, and how long it can hold up the loop. */
export async function measureHostile(stage: Stage, { hostile }: HostileParameters): Promise<Results> {
  const { agents, extension } = stage;
  await agents.serveHostile(hostile);
  extension.tree.setVisible(true);
  await heapInUse();

  const [resident, stall] = [startResidentMeter(), startStallMeter()];
  configureHostile(stage);
  await sleep(windowMs);
  return {
    residentMegabytes: resident() / bytesPerMegabyte,
    ...stall(),
    logMegabytes: extension.logLength() / bytesPerMegabyte,
  };
}
