import { setTimeout as sleep } from 'node:timers/promises';
import { heapInUse, startCpuMeter, startStallMeter, type Stall } from '../meters.ts';
import { allAsked, configureSandboxes, type Stage } from '../stage.ts';
import type { Results } from './results.ts';

/** Sandboxes that nothing happens to. */
export interface WatchedParameters {
  readonly sandboxes: number;
  /** Seconds of each look; a hidden sandbox is polled every 15 seconds. */
  readonly windowSeconds: number;
}

const longestConnectMs = 90_000;
/** A look begins when what the change of visibility caused has been done. */
const settleMs = 6000;
/** Seldom enough not to be seen in the processor time. */
const watchTickMs = 50;

/** What it costs to connect to many sandboxes, and to watch them while the view is hidden and while it is visible. */
export async function measureWatched(
  stage: Stage,
  { sandboxes, windowSeconds }: WatchedParameters,
): Promise<Results> {
  const { agents, extension } = stage;
  await agents.serve(sandboxes, { containers: 50, bindingsEach: 1, services: 3, isBusy: true });
  const heapBefore = await heapInUse();

  const [connectCpu, connectStall] = [startCpuMeter(), startStallMeter()];
  configureSandboxes(stage, sandboxes);
  const connected = await allAsked(stage, sandboxes, longestConnectMs);
  await sleep(500);
  const connectCpuMs = connectCpu();
  const connecting = connectStall();
  const heapKib = ((await heapInUse()) - heapBefore) / sandboxes / 1024;

  await sleep(settleMs);
  const hidden = await watchFor(windowSeconds);
  const showStall = startStallMeter();
  extension.tree.setVisible(true);
  await sleep(settleMs);
  const showing = showStall();
  const visible = await watchFor(windowSeconds);
  return {
    ...{ connected, connectCpuMs, heapKib, hiddenPercent: hidden.percent, visiblePercent: visible.percent },
    ...named('connect', connecting),
    ...named('show', showing),
    ...named('hidden', hidden),
    ...named('visible', visible),
  };
}

async function watchFor(seconds: number): Promise<Stall & { readonly percent: number }> {
  const startMs = performance.now();
  const [cpu, stall] = [startCpuMeter(), startStallMeter(watchTickMs)];
  await sleep(seconds * 1000);
  // A loop that stalls wakes up late.
  return { percent: (100 * cpu()) / (performance.now() - startMs), ...stall() };
}

function named(when: string, { stallMs, clockStallMs }: Stall): Results {
  return { [`${when}StallMs`]: stallMs, [`${when}ClockStallMs`]: clockStallMs };
}
