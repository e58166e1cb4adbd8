import type { ContainerFacts } from '../agent/facts.ts';
import type { JsonScalar, JsonVisit } from './json-reader.ts';

/**
 * Longest text of each kind that is kept, in UTF-16 units: a little more than is shown, so that what is shown does not
 * depend on it.
 */
const maxLengths = { name: 128, image: 320, word: 32 } as const;

/** What stands for a text of which nothing was kept because it was too long to be read. */
const tooLong = '…';

/** Gathers what an engine tells of one container while the answer arrives. */
export interface FactsReader {
  /** The members to visit, of one entry of a listing or of an inspect. */
  readonly members: Readonly<Record<string, JsonVisit>>;
  /** Forgets what was read of the container before. */
  readonly begin: () => void;
  readonly facts: () => ContainerFacts;
}

type Draft = { -readonly [Key in keyof ContainerFacts]: ContainerFacts[Key] };

/**
 * Reads an entry of a listing. Names are paths: one with a second slash is another container's word for this one. When the
 * container was started, and its health, only an inspect tells.
 */
export function listedFacts(): FactsReader {
  let draft = untold();
  const takeName = (value: JsonScalar | undefined): void => {
    const name = nameOf(value);
    if (draft.name === '' && !name.includes('/')) draft.name = name;
  };
  return {
    members: {
      Names: { each: { scalar: takeName } },
      Image: { scalar: (value) => (draft.image = kept(value, maxLengths.image)) },
      Labels: composeLabels(() => draft),
      State: { scalar: (value) => (draft.state = kept(value, maxLengths.word)) },
    },
    begin: () => {
      draft = untold();
    },
    facts: () => draft,
  };
}

/** Reads an inspect; `state` is visited beside what the facts need of the container's state. */
export function inspectedFacts(state: Readonly<Record<string, JsonVisit>>): FactsReader {
  let draft = untold();
  return {
    members: {
      Name: { scalar: (value) => (draft.name = nameOf(value)) },
      Config: {
        members: {
          Image: { scalar: (value) => (draft.image = kept(value, maxLengths.image)) },
          Labels: composeLabels(() => draft),
        },
      },
      State: {
        members: {
          Status: { scalar: (value) => (draft.state = kept(value, maxLengths.word)) },
          StartedAt: { scalar: (value) => (draft.startedAtMs = unixMs(value)) },
          Health: {
            members: { Status: { scalar: (value) => (draft.health = healthOf(value)) } },
          },
          ...state,
        },
      },
    },
    begin: () => {
      draft = untold();
    },
    facts: () => draft,
  };
}

/** Of however many labels, the two by which Compose knows a container. */
function composeLabels(draft: () => Draft): JsonVisit {
  return {
    members: {
      'com.docker.compose.project': {
        scalar: (value) => (draft().composeProject = kept(value, maxLengths.name)),
      },
      'com.docker.compose.service': {
        scalar: (value) => (draft().composeService = kept(value, maxLengths.name)),
      },
    },
  };
}

function untold(): Draft {
  return {
    name: '',
    image: '',
    composeProject: '',
    composeService: '',
    state: '',
    health: '',
    startedAtMs: 0,
  };
}

function kept(value: JsonScalar | undefined, maxLength: number): string {
  if (value === undefined) return tooLong;
  if (typeof value !== 'string') return '';
  // A slice alone would keep the whole text alive.
  return value.length <= maxLength ? value : Buffer.from(value.slice(0, maxLength)).toString();
}

function nameOf(value: JsonScalar | undefined): string {
  const name = kept(value, maxLengths.name + 1);
  return name.startsWith('/') ? name.slice(1) : name.slice(0, maxLengths.name);
}

/** `none` is how an engine says that nobody looks at the container's health. */
function healthOf(value: JsonScalar | undefined): string {
  const word = kept(value, maxLengths.word);
  return word === 'none' ? '' : word;
}

/** The moment of an RFC 3339 text; 0 for one that is none, and for the year 1, by which an engine says never. */
function unixMs(value: JsonScalar | undefined): number {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return ms > 0 ? ms : 0;
}
