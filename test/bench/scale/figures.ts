import { hostileKinds, type HostileKind } from './agents/hostile.ts';
import type { Measure } from './measures/measure.ts';

/** One number of a measurement. */
export interface Row {
  /** Its name in the results of the measurement. */
  readonly result: string;
  readonly what: string;
  readonly unit: string;
  /** What the project wants to reach; absent for a number that only explains others. */
  readonly atMost?: number;
}

/** One measurement, run in a process of its own. */
export interface Figure {
  readonly name: string;
  readonly measure: Measure;
  readonly rows: readonly Row[];
}

/** How long each look of {@link watched} is. A whole number of the 15 seconds between two hidden polls. */
const windowSeconds = 30;

const hostileGuests: Readonly<Record<HostileKind, string>> = {
  flood: 'notifications for 9 s, the subscription never answered',
  services: 'status of 8 million empty services',
  errors: 'errors of 2 MB of text',
  docker: 'engine with 54 inspects of 5.6 MB',
};

/** Every figure, in the order of the table. */
export const figures: readonly Figure[] = [
  {
    name: 'start',
    measure: { kind: 'start' },
    rows: [{ result: 'cpuMs', what: 'loading and activating, CPU', unit: 'ms', atMost: 20 }],
  },
  watched(10),
  watched(100),
  watched(1000, { hiddenPercent: 1, visiblePercent: 6, stallMs: 50 }),
  watched(5000, { hiddenPercent: 5, stallMs: 100 }),
  {
    name: 'port-change',
    measure: { kind: 'portChange', sandboxes: 1000 },
    rows: [
      { result: 'cpuMs', what: 'one port change among 1,000 sandboxes, CPU', unit: 'ms', atMost: 1.5 },
      { result: 'untilToldMs', what: 'until the event of the tree', unit: 'ms', atMost: 55 },
      ...stallRows('while connecting, visible', '', 50),
    ],
  },
  storm(50),
  storm(10_000),
  {
    name: 'full-poll',
    measure: { kind: 'fullPoll' },
    rows: [
      {
        result: 'cpuMsAPoll',
        what: 'visible poll of 2,000 containers of 4 bindings, nothing changed, CPU',
        unit: 'ms',
        atMost: 10,
      },
      ...stallRows(),
    ],
  },
  {
    name: 'poll-memory',
    measure: { kind: 'pollMemory' },
    rows: [
      { result: 'bytesAPoll', what: 'memory that stays of a poll, over an hour', unit: 'B', atMost: 20 },
    ],
  },
  ...hostileKinds.map(hostile),
];

interface WatchedGoals {
  readonly hiddenPercent: number;
  readonly visiblePercent?: number;
  readonly stallMs: number;
}

function watched(sandboxes: number, goals?: WatchedGoals): Figure {
  return {
    name: `watched-${sandboxes}`,
    measure: { kind: 'watched', sandboxes, windowSeconds },
    rows: [
      { result: 'connected', what: `${count(sandboxes)} sandboxes: connected`, unit: '' },
      { result: 'connectCpuMs', what: 'CPU to connect all', unit: 'ms' },
      { result: 'heapKib', what: 'heap each', unit: 'KiB' },
      {
        result: 'hiddenPercent',
        what: 'hidden, CPU',
        unit: '% of a core',
        ...(goals && { atMost: goals.hiddenPercent }),
      },
      {
        result: 'visiblePercent',
        what: 'visible, CPU',
        unit: '% of a core',
        ...(goals?.visiblePercent !== undefined && { atMost: goals.visiblePercent }),
      },
      ...stallRows('while connecting, hidden', 'connect', goals?.stallMs),
      ...stallRows('hidden', 'hidden', goals?.stallMs),
      ...stallRows('when the view is shown', 'show', goals?.stallMs),
      ...stallRows('visible', 'visible', goals?.stallMs),
    ],
  };
}

function storm(containers: number): Figure {
  return {
    name: `storm-${containers}`,
    measure: { kind: 'storm', containers },
    rows: [
      {
        result: 'microsEach',
        what: `100,000 notifications over ${count(containers)} containers, CPU each`,
        unit: 'us',
        atMost: 3,
      },
      ...stallRows('', '', 30),
      { result: 'untilShownMs', what: 'until the last one is shown', unit: 'ms' },
    ],
  };
}

function hostile(kind: HostileKind): Figure {
  return {
    name: `hostile-${kind}`,
    measure: { kind: 'hostile', hostile: kind },
    rows: [
      {
        result: 'residentMegabytes',
        what: `${hostileGuests[kind]}: resident memory above the start`,
        unit: 'MB',
        atMost: 200,
      },
      ...stallRows(),
      { result: 'logMegabytes', what: 'written to the log', unit: 'MB' },
    ],
  };
}

/** The longest stall of a time whose results begin with `prefix`, as processor time and on the clock. */
function stallRows(when = '', prefix = '', atMost?: number): Row[] {
  const result = (name: string): string =>
    prefix === '' ? name : prefix + name.charAt(0).toUpperCase() + name.slice(1);
  const what = when === '' ? 'longest stall' : `longest stall ${when}`;
  return [
    { result: result('stallMs'), what: `${what}, CPU`, unit: 'ms', ...(atMost !== undefined && { atMost }) },
    { result: result('clockStallMs'), what: `${what}, on the clock`, unit: 'ms' },
  ];
}

function count(value: number): string {
  return value.toLocaleString('en');
}
