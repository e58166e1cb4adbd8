import { describe, expect, it } from 'vitest';
import { encodeCbor, type CborInput } from '../../../../src/agent/microsandbox/cbor.ts';
import { MicrosandboxEncoder } from '../../../../src/agent/microsandbox/encoder.ts';
import { field, mismatch } from '../../../../src/agent/microsandbox/fields.ts';
import { readFileOperation, readFileResult } from '../../../../src/agent/microsandbox/file-messages.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxMessage as message,
} from '../../../../src/agent/microsandbox/messages.ts';

describe('integers of a width', () => {
  it.each([
    ['u16', [0, 0xffff], [-1, 0x1_0000, 1n, '1', null]],
    ['i32', [-0x8000_0000, 0x7fff_ffff], [-0x8000_0001, 0x8000_0000, 1n, '1', null]],
    ['i64', [-(2n ** 63n), 2n ** 63n - 1n, -1], [2n ** 63n, -(2n ** 63n) - 1n, '1', null]],
  ] as const)('%s is taken to its ends and no further', (name, inside, outside) => {
    const { accept } = field[name];
    for (const value of inside) expect(accept(value)).toEqual(name === 'i64' ? BigInt(value) : value);
    for (const value of outside) expect(accept(value)).toBe(mismatch);
  });
});

describe('messages about programs', () => {
  it('are requested with no more than the program', () => {
    const request = decodeMicrosandboxPayload(message.execRequest, encodeCbor({ cmd: 'true' }));
    expect(request).toEqual({
      ...{ cmd: 'true', args: null, env: null, cwd: null, user: null },
      ...{ tty: null, rows: null, cols: null, rlimits: null },
    });
  });

  it.each<Record<string, CborInput>>([
    {},
    { cmd: 'x', args: 'y' },
    { cmd: 'x', args: [1] },
    { cmd: 'x', rows: 65536 },
    { cmd: 'x', rlimits: [{ resource: 'nofile', soft: 1 }] },
    { cmd: 'x', args: Array.from({ length: 10_001 }, () => '') },
  ])('are refused when they do not fit: %j', (payload) => {
    expect(() => decodeMicrosandboxPayload(message.execRequest, encodeCbor(payload))).toThrow(
      expect.objectContaining({ code: 'malformed_payload' }),
    );
  });

  it('open a session, as do requests for files and connections; nothing else does', () => {
    const starters = Object.values(message).filter(({ flags }) => flags === 2);
    expect(starters.map(({ name }) => name).sort()).toEqual([
      'core.exec.request',
      'core.fs.request',
      'core.tcp.connect',
    ]);
  });

  it('cannot be written by the other side', () => {
    const guest = new MicrosandboxEncoder('guest', 7);
    // @ts-expect-error -- the compiler refuses it too
    expect(() => guest.encode(message.execSignal, 1, { signal: 9 })).toThrow();
  });
});

describe('file operations and results', () => {
  const op = (name: string, content: Record<string, unknown>): ReturnType<typeof readFileOperation> =>
    readFileOperation({ name, content: new Map(Object.entries(content)) as never });

  it('are read with exactly their fields', () => {
    expect(op('Read', { handle: 1, offset: 2, more: 3 })).toEqual({
      name: 'Read',
      fields: { handle: 1n, offset: 2n, len: null },
    });
  });

  it.each([
    ['toString', {}],
    ['Chmod', { path: '/' }],
    ['Stat', { path: '/' }],
    ['Read', { handle: -1, offset: 0 }],
    ['OpenFile', { path: '/', options: new Map([['read', true]]) }],
  ])('are not read as %s of %j', (name, content) => {
    expect(op(name, content)).toBeUndefined();
  });

  const entry = new Map<string, string | number>([
    ['path', '/a'],
    ['kind', 'file'],
    ['size', 1],
    ['mode', 0o644],
  ]);

  it('are results of the kind asked for, or none', () => {
    expect(readFileResult('Stat', { name: 'Stat', content: entry })).toMatchObject({
      kind: 'file',
      size: 1n,
    });
    expect(readFileResult('Stat', { name: 'List', content: [entry] })).toBeUndefined();
    expect(readFileResult('Handle', { name: 'Handle', content: 'x' })).toBeUndefined();
    expect(readFileResult('Handle', null)).toBeUndefined();
    const odd = new Map([...entry, ['kind', 'door']] as const);
    expect(readFileResult('List', { name: 'List', content: [entry, odd] })).toBeUndefined();
  });
});
