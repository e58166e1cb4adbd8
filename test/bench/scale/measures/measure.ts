import type { Stage } from '../stage.ts';
import { measureFullPoll } from './full-poll.ts';
import { measureHostile, type HostileParameters } from './hostile.ts';
import { measurePollMemory } from './poll-memory.ts';
import { measurePortChange, type PortChangeParameters } from './port-change.ts';
import type { Results } from './results.ts';
import { measureStorm, type StormParameters } from './storm.ts';
import { measureWatched, type WatchedParameters } from './watched.ts';

/** What is measured in one process. */
export type Measure =
  | { readonly kind: 'start' }
  | ({ readonly kind: 'watched' } & WatchedParameters)
  | ({ readonly kind: 'portChange' } & PortChangeParameters)
  | ({ readonly kind: 'storm' } & StormParameters)
  | { readonly kind: 'fullPoll' }
  | { readonly kind: 'pollMemory' }
  | ({ readonly kind: 'hostile' } & HostileParameters);

/** Measures once; the extension on `stage` shows no sandbox yet, and is hidden. */
export function runMeasure(stage: Stage, measure: Measure): Promise<Results> {
  switch (measure.kind) {
    case 'start':
      return Promise.resolve({ cpuMs: stage.extension.startCpuMs });
    case 'watched':
      return measureWatched(stage, measure);
    case 'portChange':
      return measurePortChange(stage, measure);
    case 'storm':
      return measureStorm(stage, measure);
    case 'fullPoll':
      return measureFullPoll(stage);
    case 'pollMemory':
      return measurePollMemory(stage);
    case 'hostile':
      return measureHostile(stage, measure);
  }
}
