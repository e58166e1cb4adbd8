import * as l10n from '../../base/l10n.ts';
import { plainText } from '../../base/text.ts';
import { AgentError, maxQuotedLength } from '../errors.ts';
import { decodeCbor, isCborMap } from './cbor.ts';
import { microsandboxFlag as flag } from './frame.ts';
import { field, lenient, list, optional, readFields, record, type Fields } from './fields.ts';
import { fileMessage } from './file-messages.ts';
import { define, none, type MessageType } from './message-type.ts';
import { programMessage } from './program-messages.ts';
import { tunnelMessage } from './tunnel-messages.ts';

export type { MessageType, PayloadOf, Sender } from './message-type.ts';

/**
 * Newest generation whose messages are understood here. Generations 8 and 9 add bulk transfer and workload control,
 * which a peer that announces 7 is never sent.
 */
export const microsandboxGeneration = 7;

/**
 * Oldest generation worth talking to: below 6 there is no ping, so nothing can be said of an agent's readiness, and below
 * 5 an agent answers every mistake by powering its machine off.
 */
export const microsandboxMinGeneration = 6;

const id = field.u32;

/** Every message that is decoded and validated field by field. */
export const microsandboxMessage = {
  /** Initialisation finished; times are nanoseconds of the guest's CLOCK_BOOTTIME. */
  ready: define('core.ready', 1, flag.none, 'guest', {
    boot_time_ns: field.u64,
    init_time_ns: field.u64,
    ready_time_ns: field.u64,
    agent_version: optional(field.text),
  }),
  /** The root file system is there; the agent waits up to 60 s for {@link initAck}. */
  initResolved: define('core.init.resolved', 1, flag.none, 'guest', {
    default_user: record({ uid: field.u32, gid: field.u32 }),
  }),
  initAck: define('core.init.ack', 1, flag.none, 'host', none),
  bootstrap: define('core.bootstrap', 7, flag.none, 'host', {
    hostname: optional(field.text),
    user: optional(field.text),
    default_cwd: optional(field.text),
    default_env: optional(list(record({ key: field.text, value: field.text }), 1024)),
    security_profile: optional(field.text),
  }),
  /** Steps the guest's clock. Never answered, unless by {@link error}. */
  clockSync: define('core.clock.sync', 1, flag.none, 'client', { unix_time_nanos: field.u64 }),
  ping: define('core.ping', 6, flag.none, 'client', none),
  pong: define('core.pong', 6, flag.terminal, 'guest', none),
  touch: define('core.touch', 6, flag.none, 'client', none),
  touched: define('core.touched', 6, flag.terminal, 'guest', { activity_seq: field.u64 }),
  /** A recoverable error of one id. `kind` is an open set, see `microsandboxErrorKinds`. */
  error: define('core.error', 5, flag.terminal, 'guest', {
    kind: field.text,
    message: field.text,
    offending_type: optional(field.text),
    /** With `initialization_failed`: `user_not_found`, `group_not_found` or `unknown`; an open set. */
    init_failure: lenient(field.text),
    /** What became of the work in the guest: `unavailable`, `recovery_required` or `unknown`; an open set. */
    workload_failure: lenient(record({ disposition: field.text })),
  }),
  /** A client of the relay is gone; frees what its ids owned. From a client it destroys another client's handles. */
  clientDisconnected: define('core.relay.client.disconnected', 1, flag.none, 'runtime', {
    id_start: id,
    id_end_exclusive: id,
  }),
  ...programMessage,
  ...fileMessage,
  ...tunnelMessage,
} as const;

/** Types that are recognised, so that their flags can be checked, but neither sent nor interpreted. */
export const passiveTypes: readonly MessageType[] = [
  { ...define('core.shutdown', 1, flag.shutdown, 'runtime', none), fields: null },
];

const typesByName: ReadonlyMap<string, MessageType> = new Map(
  [...Object.values<MessageType>(microsandboxMessage), ...passiveTypes].map((type) => [type.name, type]),
);

/** The message type of that name; `undefined` for one that only other generations know. */
export function microsandboxMessageType(name: string): MessageType | undefined {
  return typesByName.get(name);
}

/**
 * Decodes and validates the payload of a known message.
 *
 * @throws AgentError `malformed_payload` naming the message and the field.
 */
export function decodeMicrosandboxPayload<Payload extends object>(
  type: MessageType<Payload> & { readonly fields: Fields<Payload> },
  payload: Uint8Array,
): Payload {
  const { name, fields } = type;
  const map = decodeCbor(payload, 'malformed_payload', l10n.t('The payload of {0}', name));
  if (!isCborMap(map)) {
    throw new AgentError('malformed_payload', l10n.t('The payload of {0} is no map.', name));
  }
  const result = readFields(fields, map);
  if (typeof result === 'string') {
    const expected = fields[result].expected();
    throw new AgentError(
      'malformed_payload',
      l10n.t('The payload of {0} needs {1} under "{2}".', name, expected, plainText(result, maxQuotedLength)),
    );
  }
  return result;
}
