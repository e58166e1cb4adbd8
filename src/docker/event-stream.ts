import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';

/** What an event says of itself; all of it unchecked text of the engine. */
export interface EngineEvent {
  /** "container" or "network". */
  readonly type: string;
  /** Such as "start". */
  readonly action: string;
  /** Id of the container or network. */
  readonly actorId: string;
  /** Attributes of the actor; a network's event names its container here. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Longest event that is read, in characters. */
const maxEventLength = 1024 * 1024;

/**
 * Reads the engine's events, one JSON object a line. Ends with the stream or with `signal`.
 *
 * @throws AgentError `malformed_payload` or `frame_too_large`: an event is lost, so what was known must be read anew;
 *   `connection_closed` when the stream breaks.
 */
export async function* readEvents(
  stream: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  stream.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxEventLength) {
        throw new AgentError(
          'frame_too_large',
          l10n.t('An event is longer than {0} characters.', maxEventLength),
        );
      }
      for (const line of lines) if (line.trim() !== '') yield parseEvent(line);
    }
  } catch (error) {
    if (!signal.aborted) throw AgentError.from(error, 'connection_closed');
  }
}

/** Parses one line of the event stream. */
export function parseEvent(line: string): EngineEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new AgentError('malformed_payload', l10n.t('An event is not valid JSON.'), { cause: error });
  }
  const { Type, Action, Actor } = record(event);
  const { ID, Attributes } = record(Actor);
  return { type: text(Type), action: text(Action), actorId: text(ID), attributes: record(Attributes) };
}

function record(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
