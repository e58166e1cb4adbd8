import { setTimeout as sleep } from 'node:timers/promises';
import { heapInUse, slope } from '../meters.ts';
import { stretchPolls } from '../poll-clock.ts';
import { allAsked, configureSandboxes, type Stage } from '../stage.ts';
import type { Results } from './results.ts';

const sandboxes = 20;
/** Polls of one visible sandbox in an hour. */
const pollsAnHour = 720;
/** The history is full by then, and everything has been compiled. */
const warmUpPolls = 500;
const looks = 12;
/** A poll of each sandbox every 20 ms. */
const fast = 1 / 250;
/** Two seconds between two polls: time in which all of them rest and the memory can be looked at. */
const resting = 0.4;
const restMs = 400;
const longestMs = 240_000;

/** How much memory stays in use with every poll of an hour in which somebody looks. */
export async function measurePollMemory(stage: Stage): Promise<Results> {
  const { agents, extension } = stage;
  await agents.serve(sandboxes, { containers: 50, bindingsEach: 1, services: 3, isBusy: true });
  extension.tree.setVisible(true);
  stretchPolls(fast);
  configureSandboxes(stage, sandboxes);
  await allAsked(stage, sandboxes, 10_000);

  const endMs = performance.now() + longestMs;
  const pollsReach = async (wanted: number): Promise<number> => {
    for (;;) {
      const { statusCalls } = await agents.counts();
      if (statusCalls >= wanted) return statusCalls;
      if (performance.now() > endMs) throw new Error(`Only ${statusCalls} of ${wanted} polls were made.`);
      await sleep(50);
    }
  };
  const points: [polls: number, bytes: number][] = [];
  for (let look = 0; look <= looks; look++) {
    const polls = await pollsReach(sandboxes * (warmUpPolls + (pollsAnHour * look) / looks));
    stretchPolls(resting);
    await sleep(restMs);
    points.push([polls, await heapInUse()]);
    stretchPolls(fast);
  }
  return { bytesAPoll: slope(points) };
}
