import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';
import { isContainerId } from './container-id.ts';
import { JsonReader, type JsonScalar, type JsonVisit } from './json-reader.ts';
import type { ReadingBudget } from './reading-budget.ts';

/** What an event says of itself; all of it unchecked text of the engine. */
export interface EngineEvent {
  /** "container" or "network". */
  readonly type: string;
  /** Such as "start", or "health_status: healthy". */
  readonly action: string;
  /** Id of the container or network. */
  readonly actorId: string;
  /** Those attributes of the actor that are read: `name`, and `container`, by which a network's event names it. */
  readonly attributes: Readonly<Partial<Record<'name' | 'container', JsonScalar>>>;
}

/** Longest event that is read, in bytes: the labels of its container are part of it, and there may be thousands. */
const maxEventBytes = 4 * 1024 * 1024;

/** What an event costs beside its bytes. */
const eventCostBytes = 512;

/**
 * Reads the engine's events, one JSON object after the other, those whose action is in `actions`, whatever follows a colon in
 * it. Ends with the stream; no
 * more is read than the budget allows, so an engine that floods is held back.
 *
 * @throws AgentError `malformed_payload` or `frame_too_large`: an event is lost, so what was known must be read anew; and
 *   whatever the stream throws.
 */
export async function* readEvents(
  stream: AsyncIterable<Buffer>,
  actions: ReadonlySet<string>,
  budget: ReadingBudget,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  let events: EngineEvent[] = [];
  const reader = new JsonReader(
    eventVisit((event) => {
      if (actions.has(event.action.split(':', 1)[0] ?? '')) events.push(event);
    }),
  );
  let unfinishedBytes = 0;
  for await (const bytes of stream) {
    const before = reader.completed;
    readJson(() => {
      reader.push(bytes);
    });
    unfinishedBytes = reader.completed === before ? unfinishedBytes + bytes.length : 0;
    if (unfinishedBytes > maxEventBytes) {
      throw new AgentError('frame_too_large', l10n.t('An event is longer than {0} bytes.', maxEventBytes));
    }
    const arrived = events;
    events = [];
    yield* arrived;
    budget.spend(bytes.length + (reader.completed - before) * eventCostBytes);
    await budget.settled(signal);
  }
  if (signal.aborted) return;
  readJson(() => {
    reader.end();
  });
}

/** Reads one event after the other, and hands each to `onEvent`. */
export function eventVisit(onEvent: (event: EngineEvent) => void): JsonVisit {
  let type = '';
  let action = '';
  let actorId = '';
  let attributes: Partial<Record<'name' | 'container', JsonScalar>> = {};
  return {
    enter: () => {
      type = action = actorId = '';
      attributes = {};
    },
    members: {
      Type: { scalar: (value) => (type = text(value)) },
      Action: { scalar: (value) => (action = text(value)) },
      Actor: {
        members: {
          ID: { scalar: (value) => (actorId = text(value)) },
          Attributes: {
            members: {
              name: { scalar: (value) => (attributes.name = value ?? null) },
              container: { scalar: (value) => (attributes.container = value ?? null) },
            },
          },
        },
      },
    },
    leave: () => {
      onEvent({ type, action, actorId, attributes });
    },
  };
}

function readJson(read: () => void): void {
  try {
    read();
  } catch (error) {
    throw new AgentError('malformed_payload', l10n.t('An event is not valid JSON.'), { cause: error });
  }
}

function text(value: JsonScalar | undefined): string {
  return typeof value === 'string' ? value : '';
}

/**
 * The container of which an event may tell something new; `undefined` when it concerns none. A network's event names the
 * container among its attributes.
 */
export function containerOfEvent({ type, actorId, attributes }: EngineEvent): string | undefined {
  const id = type === 'network' ? attributes.container : type === 'container' ? actorId : undefined;
  return isContainerId(id) ? id : undefined;
}
