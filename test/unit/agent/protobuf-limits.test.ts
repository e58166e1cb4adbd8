import { describe, expect, it } from 'vitest';
import {
  checkPayload,
  protobufMaxDepth,
  protobufMaxFields,
  protobufMaxFieldsInAll,
  type MessageName,
} from '../../../src/agent/wire/protobuf.ts';
import { errorOf } from '../../support/matching.ts';

const status = 'arcbox.v1.RuntimeStatusResponse';
const system = 'arcbox.v1.SystemInfo';

/** A field that is length-delimited, as its tag, length and content. */
function delimited(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.byteLength), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const repeat = (bytes: Uint8Array, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => bytes));

const emptyService = delimited(5, Buffer.alloc(0));

function expectMalformed(name: MessageName, bytes: Uint8Array, why: RegExp): void {
  expect(() => {
    checkPayload(name, bytes);
  }).toThrow(errorOf('malformed_payload', why));
}

describe('a message', () => {
  const tooMany = new RegExp(`more than ${protobufMaxFields} fields`);

  it.each([
    ['entries of a repeated field', status, emptyService],
    ['varints', status, Buffer.from('0801', 'hex')],
    ['unknown fields', status, Buffer.from('7801', 'hex')],
    ['unknown fields of eight bytes', status, Buffer.from('790000000000000000', 'hex')],
    ['unknown fields of four bytes', status, Buffer.from('7d00000000', 'hex')],
    ['unknown length-delimited fields', status, Buffer.from('7a00', 'hex')],
    ['unpacked numbers', system, Buffer.from('410000000000000000', 'hex')],
  ] as const)('may have just so many %s', (_what, name, field) => {
    checkPayload(name, repeat(field, protobufMaxFields));
    expectMalformed(name, repeat(field, protobufMaxFields + 1), tooMany);
  });

  it('counts the items of a packed block, besides the block', () => {
    checkPayload(system, delimited(8, Buffer.alloc(8 * (protobufMaxFields - 1))));
    expectMalformed(system, delimited(8, Buffer.alloc(8 * protobufMaxFields)), tooMany);
  });

  it('counts what is in its groups', () => {
    // A group's start and its end are tags of their own.
    const group = (fields: number): Buffer =>
      Buffer.concat([Buffer.of(0x7b), repeat(Buffer.of(0x78, 0x01), fields), Buffer.of(0x7c)]);
    checkPayload(status, group(protobufMaxFields - 2));
    expectMalformed(status, group(protobufMaxFields - 1), tooMany);
  });

  it('does not count what is in the messages inside it as its own', () => {
    const service = delimited(5, repeat(Buffer.of(0x0a, 0x00), protobufMaxFields));
    checkPayload(status, Buffer.concat([service, repeat(emptyService, protobufMaxFields - 1)]));
    expectMalformed(status, Buffer.concat([service, repeat(emptyService, protobufMaxFields)]), tooMany);
  });

  it('may have just so many fields in all', () => {
    const fieldsInside = protobufMaxFields - 1;
    const service = delimited(5, repeat(Buffer.of(0x0a, 0x00), fieldsInside));
    const full = repeat(service, protobufMaxFieldsInAll / protobufMaxFields);
    checkPayload(status, full);
    expectMalformed(status, Buffer.concat([full, emptyService]), /more than 100000 fields in all/);
  });

  it('is refused for its number of fields before the rest of it is looked at', () => {
    const entries = repeat(emptyService, protobufMaxFields + 1);
    const damage = Buffer.of(0xff);
    expectMalformed(status, Buffer.concat([entries, repeat(damage, 4096)]), tooMany);
  });
});

describe('nesting', () => {
  const groups = (depth: number): Buffer =>
    Buffer.concat([repeat(Buffer.of(0x7b), depth), repeat(Buffer.of(0x7c), depth)]);

  it('may be just so deep', () => {
    checkPayload(status, groups(protobufMaxDepth));
    expectMalformed(status, groups(protobufMaxDepth + 1), /nest deeper than 100/);
  });

  it('counts the message that the groups are in', () => {
    checkPayload(status, delimited(5, groups(protobufMaxDepth - 1)));
    expectMalformed(status, delimited(5, groups(protobufMaxDepth)), /nest deeper than 100/);
  });
});

describe('varints', () => {
  const inField = (hex: string): Buffer => Buffer.from(`08${hex}`, 'hex');

  it.each([
    ['one byte', '7f'],
    ['ten bytes that fill 64 bits', 'ffffffffffffffffff01'],
    ['ten bytes for zero', '80808080808080808000'],
  ])('may be %s', (_name, hex) => {
    checkPayload(status, inField(hex));
  });

  it.each([
    ['beyond 64 bits', 'ffffffffffffffffff02', /a varint exceeds 64 bits/],
    ['longer than ten bytes', 'ffffffffffffffffff8101', /a varint exceeds 64 bits/],
    ['cut short', 'ff', /a varint is cut short/],
    ['cut short after nine bytes', 'ffffffffffffffffff', /a varint is cut short/],
  ])('may not be %s', (_name, hex, why) => {
    expectMalformed(status, inField(hex), why);
  });

  it('in a tag may have 32 bits, in five bytes', () => {
    checkPayload(status, Buffer.from('f8ffffff0f01', 'hex'));
    expectMalformed(status, Buffer.from('f8ffffff1f01', 'hex'), /a tag exceeds 32 bits/);
    expectMalformed(status, Buffer.from('f8ffffff8f0001', 'hex'), /a tag exceeds 32 bits/);
    expectMalformed(status, Buffer.from('0001', 'hex'), /field number 0 is illegal/);
  });
});

describe('lengths', () => {
  it.each([
    ['a text that ends with its message', status, '1a0161'],
    ['an unknown field that ends with its message', status, '7a0161'],
    ['numbers of eight bytes', system, '410000000000000000'],
    ['a packed block', system, '42080000000000000000'],
    ['an empty packed block', system, '4200'],
    ['an unknown number of four bytes', status, '7d00000000'],
    ['text inside a message inside', status, '2a030a0161'],
  ] as const)('accept %s', (_name, message, hex) => {
    checkPayload(message, Buffer.from(hex, 'hex'));
  });

  it.each([
    ['a text past the end', status, '1a0261', /points past the end/],
    ['an unknown field past the end', status, '7a0261', /points past the end/],
    ['a text past the message that it is in', status, '2a030a02611801', /points past the end/],
    ['eight bytes cut short', system, '4100000000000000', /a fixed64 value is cut short/],
    ['four bytes cut short', status, '7d000000', /a fixed32 value is cut short/],
    ['a packed block with a rest', system, '420900000000000000000000', /a fixed64 value is cut short/],
    ['a packed block past the end', system, '4209', /points past the end/],
    ['a varint past the message that it is in', status, '2a017801', /a varint is cut short/],
  ] as const)('refuse %s', (_name, message, hex, why) => {
    expectMalformed(message, Buffer.from(hex, 'hex'), why);
  });
});

describe('wire types', () => {
  it.each([
    ['a text as varint', status, '1801', /field 3 has wire type 0/],
    ['a varint as bytes', status, '0a0101', /field 1 has wire type 2/],
    ['a varint as four bytes', status, '0d00000000', /field 1 has wire type 5/],
    ['a message as eight bytes', status, '290000000000000000', /field 5 has wire type 1/],
    ['a repeated double as varint', system, '4001', /field 8 has wire type 0/],
    ['a repeated double as four bytes', system, '4500000000', /field 8 has wire type 5/],
    ['a type that does not exist', status, '7e', /wire type 6 does not exist/],
    ['the end of a group that did not begin', status, '7c', /group 15 ends without having begun/],
    ['a group ended by another', status, '7b74', /group 15 is ended by 14/],
    ['a group without an end', status, '7b', /group 15 does not end/],
    ['a group that its message cuts off', status, '2a017b7c', /group 15 does not end/],
    ['text that is not UTF-8', status, '1a02c328', /the text of field 3 is not UTF-8/],
    [
      'text that is not UTF-8 in a message inside',
      status,
      '2a040a02c328',
      /the text of field 1 is not UTF-8/,
    ],
  ] as const)('refuse %s', (_name, message, hex, why) => {
    expectMalformed(message, Buffer.from(hex, 'hex'), why);
  });

  it('are told with the message and the byte', () => {
    expectMalformed(status, Buffer.from('08011801', 'hex'), /RuntimeStatusResponse is malformed at byte 3:/);
  });

  it('of bytes need not be UTF-8', () => {
    checkPayload('ttrpc.v1.Response', Buffer.from('1202c328', 'hex'));
  });
});
