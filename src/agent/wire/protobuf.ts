import { isUtf8 } from 'node:buffer';
import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError } from '../errors.ts';
import { shapes } from '../generated/shapes.ts';

/** Full name of a generated message, such as `arcbox.v1.SystemInfo`. */
export type MessageName = keyof typeof shapes;

type ScalarKind = 'varint' | 'fixed64' | 'fixed32';
type FieldShape =
  ScalarKind | 'string' | 'bytes' | { readonly repeated: ScalarKind } | { readonly message: string };
type MessageShape = Readonly<Record<number, FieldShape>>;

const wireType = {
  varint: 0,
  fixed64: 1,
  lengthDelimited: 2,
  startGroup: 3,
  endGroup: 4,
  fixed32: 5,
} as const;

/** Deepest nesting of messages and groups, as in the official protobuf runtimes. */
export const protobufMaxDepth = 100;

/**
 * Most fields that one message may have of its own, unknown ones, those of its groups and every item of a packed block
 * counted. A repeated field has as many as it has entries, so this bounds every list.
 */
export const protobufMaxFields = 20_000;

/** Most fields of a message and all messages inside it together. Small ones would grow a hundredfold in memory. */
export const protobufMaxFieldsInAll = 100_000;

const shapeByName: Readonly<Record<string, MessageShape>> = shapes;

/**
 * Checks that `payload` is one well-formed message of type `name`, strictly: tags legal, varints at most ten bytes and
 * 64 bits, lengths inside their parent, groups balanced, known fields of their own wire type, strings valid UTF-8.
 * Unknown fields are skipped. The number of fields is bounded by {@link protobufMaxFields} and
 * {@link protobufMaxFieldsInAll}. The generated decoders are then safe to run, whoever sent the bytes.
 *
 * @throws AgentError `malformed_payload` naming the message and the byte offset.
 */
export function checkPayload(name: MessageName, payload: Uint8Array): void {
  const cursor: Cursor = { bytes: payload, offset: 0, fields: 0, fieldsInAll: 0 };
  try {
    checkMessage(cursor, payload.byteLength, shapeByName[name] ?? {}, 0);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new AgentError(
      'malformed_payload',
      l10n.t('{0} is malformed at byte {1}: {2}.', name, cursor.offset, error.why),
    );
  }
}

interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
  /** Fields of the message that is being read. */
  fields: number;
  fieldsInAll: number;
}

class Malformed extends Error {
  readonly why: PlainText;

  constructor(why: PlainText) {
    super(why);
    this.why = why;
  }
}

function checkMessage(cursor: Cursor, end: number, shape: MessageShape, depth: number): void {
  checkDepth(depth);
  const fieldsAround = cursor.fields;
  cursor.fields = 0;
  while (cursor.offset < end) {
    const tag = readTag(cursor, end);
    const field = shape[tag.number];
    if (field === undefined) skipUnknown(cursor, end, tag, depth);
    else checkField(cursor, end, tag, field, depth);
  }
  cursor.fields = fieldsAround;
}

function checkDepth(depth: number): void {
  if (depth > protobufMaxDepth)
    throw new Malformed(l10n.t('messages nest deeper than {0}', protobufMaxDepth));
}

function countField(cursor: Cursor): void {
  if (++cursor.fields > protobufMaxFields)
    throw new Malformed(l10n.t('a message has more than {0} fields', protobufMaxFields));
  if (++cursor.fieldsInAll > protobufMaxFieldsInAll)
    throw new Malformed(l10n.t('its messages have more than {0} fields in all', protobufMaxFieldsInAll));
}

interface Tag {
  readonly number: number;
  readonly type: number;
}

function readTag(cursor: Cursor, end: number): Tag {
  countField(cursor);
  const start = cursor.offset;
  const value = readVarint(cursor, end);
  if (cursor.offset - start > 5 || value > 0xffff_ffff) throw new Malformed(l10n.t('a tag exceeds 32 bits'));
  const tag = { number: Math.floor(value / 8), type: value % 8 };
  if (tag.number === 0) throw new Malformed(l10n.t('field number 0 is illegal'));
  return tag;
}

function checkField(cursor: Cursor, end: number, tag: Tag, field: FieldShape, depth: number): void {
  const kind = typeof field === 'object' && 'repeated' in field ? field.repeated : field;
  if (kind === 'varint' || kind === 'fixed64' || kind === 'fixed32') {
    if (tag.type === wireType[kind]) {
      skipScalar(cursor, end, kind);
      return;
    }
    if (kind === field || tag.type !== wireType.lengthDelimited) throw wrongWireType(tag);
    const blockEnd = readLength(cursor, end);
    while (cursor.offset < blockEnd) {
      countField(cursor);
      skipScalar(cursor, blockEnd, kind);
    }
    return;
  }
  if (tag.type !== wireType.lengthDelimited) throw wrongWireType(tag);
  const fieldEnd = readLength(cursor, end);
  if (typeof kind === 'object') {
    checkMessage(cursor, fieldEnd, shapeByName[kind.message] ?? {}, depth + 1);
    return;
  }
  if (kind === 'string' && !isUtf8(cursor.bytes.subarray(cursor.offset, fieldEnd))) {
    throw new Malformed(l10n.t('the text of field {0} is not UTF-8', tag.number));
  }
  cursor.offset = fieldEnd;
}

function skipUnknown(cursor: Cursor, end: number, tag: Tag, depth: number): void {
  switch (tag.type) {
    case wireType.varint:
      skipScalar(cursor, end, 'varint');
      return;
    case wireType.fixed64:
      skipScalar(cursor, end, 'fixed64');
      return;
    case wireType.fixed32:
      skipScalar(cursor, end, 'fixed32');
      return;
    case wireType.lengthDelimited:
      cursor.offset = readLength(cursor, end);
      return;
    case wireType.startGroup:
      skipGroup(cursor, end, tag.number, depth + 1);
      return;
    case wireType.endGroup:
      throw new Malformed(l10n.t('group {0} ends without having begun', tag.number));
    default:
      throw new Malformed(l10n.t('wire type {0} does not exist', tag.type));
  }
}

function skipGroup(cursor: Cursor, end: number, number: number, depth: number): void {
  checkDepth(depth);
  while (cursor.offset < end) {
    const tag = readTag(cursor, end);
    if (tag.type !== wireType.endGroup) {
      skipUnknown(cursor, end, tag, depth);
      continue;
    }
    if (tag.number !== number) throw new Malformed(l10n.t('group {0} is ended by {1}', number, tag.number));
    return;
  }
  throw new Malformed(l10n.t('group {0} does not end', number));
}

function skipScalar(cursor: Cursor, end: number, kind: ScalarKind): void {
  if (kind === 'varint') {
    readVarint(cursor, end);
    return;
  }
  const size = kind === 'fixed64' ? 8 : 4;
  if (cursor.offset + size > end) throw new Malformed(l10n.t('a {0} value is cut short', kind));
  cursor.offset += size;
}

/** Reads a length and returns where the field ends. */
function readLength(cursor: Cursor, end: number): number {
  const length = readVarint(cursor, end);
  if (length > end - cursor.offset)
    throw new Malformed(l10n.t('a length points past the end of its message'));
  return cursor.offset + length;
}

/** Reads a varint. Values above 2^53 lose precision, which no caller minds: they only compare with small bounds. */
function readVarint(cursor: Cursor, end: number): number {
  let value = 0;
  let weight = 1;
  for (let index = 0; ; index++) {
    if (cursor.offset >= end) throw new Malformed(l10n.t('a varint is cut short'));
    const byte = cursor.bytes[cursor.offset++] ?? 0;
    if (index === 9 && byte > 1) throw new Malformed(l10n.t('a varint exceeds 64 bits'));
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
    weight *= 128;
  }
}

function wrongWireType(tag: Tag): Malformed {
  return new Malformed(
    l10n.t('field {0} has wire type {1}, which its schema rules out', tag.number, tag.type),
  );
}
