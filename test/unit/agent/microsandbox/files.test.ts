import { describe, expect, it } from 'vitest';
import type { CborInput } from '../../../../src/agent/microsandbox/cbor.ts';
import { MicrosandboxChannel } from '../../../../src/agent/microsandbox/channel.ts';
import { MicrosandboxEncoder } from '../../../../src/agent/microsandbox/encoder.ts';
import { decodeMicrosandboxEnvelope } from '../../../../src/agent/microsandbox/envelope.ts';
import { readFileOperation, type FileOperation } from '../../../../src/agent/microsandbox/file-messages.ts';
import {
  listFolder,
  maxFolderEntries,
  maxPieceBytes,
  readFileContent,
  statFile,
  writeFileContent,
} from '../../../../src/agent/microsandbox/files.ts';
import { MicrosandboxFrameDecoder } from '../../../../src/agent/microsandbox/frame.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxMessage as message,
} from '../../../../src/agent/microsandbox/messages.ts';

const options = { timeoutMs: 1000 };
const encoder = new MicrosandboxEncoder('guest', 7);

/** What the guest answers to one operation: pieces of a file, a result, or its refusal. */
interface Answer {
  readonly pieces?: readonly Uint8Array[];
  readonly data?: CborInput;
  readonly error?: string;
}

/** A guest that follows the test's script, which no real one can be made to do. */
function guest(answer: (operation: FileOperation) => Answer): {
  readonly channel: MicrosandboxChannel<'client'>;
  readonly asked: FileOperation[];
  readonly written: Uint8Array[];
} {
  const asked: FileOperation[] = [];
  const written: Uint8Array[] = [];
  const decoder = new MicrosandboxFrameDecoder();
  const write = (bytes: Uint8Array): void => {
    decoder.push(bytes);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      const { id } = frame;
      const { t, p } = decodeMicrosandboxEnvelope(frame.body);
      if (t === message.fsData.name) {
        written.push(decodeMicrosandboxPayload(message.fsData, p).data);
        continue;
      }
      const operation = readFileOperation(decodeMicrosandboxPayload(message.fsRequest, p).op)!;
      asked.push(operation);
      const { pieces = [], data = null, error = null } = answer(operation);
      queueMicrotask(() => {
        const frames = pieces.map((piece) => encoder.encode(message.fsData, id, { data: piece }));
        frames.push(encoder.encode(message.fsResponse, id, { ok: error === null, error, data }));
        const answers = new MicrosandboxFrameDecoder();
        answers.push(Buffer.concat(frames));
        for (let one = answers.next(); one !== undefined; one = answers.next()) channel.receive(one);
      });
    }
  };
  const channel = new MicrosandboxChannel(
    { failure: undefined, write },
    { range: { start: 1, endExclusive: 1000 }, encoder: new MicrosandboxEncoder('client', 7) },
  );
  return { channel, asked, written };
}

const entry = (path: string, more: Record<string, CborInput> = {}): Record<string, CborInput> => ({
  ...{ path, kind: 'file', size: 1, mode: 0o100640, uid: 1, gid: 2, modified: 3 },
  ...more,
});
const names = (operations: readonly FileOperation[]): string[] => operations.map(({ name }) => name);
const content = async function* (...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* await Promise.resolve(pieces);
};

describe('a folder', () => {
  const folder = (...parts: Record<string, CborInput>[][]): ReturnType<typeof guest> =>
    guest(({ name }) => {
      if (name === 'OpenDir') return { data: { Handle: 5 } };
      return name === 'ReadDir' ? { data: { List: parts.shift() ?? [] } } : {};
    });

  it('is read in parts, and its handle closed', async () => {
    const { channel, asked } = folder([entry('/d/a')], [entry('/d/b\n', { kind: 'symlink' })]);
    const listing = await listFolder(channel, '/d', options);
    expect(listing.entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'file'],
      ['b\n', 'symlink'],
    ]);
    expect(names(asked)).toEqual(['OpenDir', 'ReadDir', 'ReadDir', 'ReadDir', 'CloseHandle']);
  });

  it('keeps no name that leads elsewhere or comes twice, and counts those', async () => {
    const paths = ['/d/', '/d/.', '/d/..', '/d/a\0b', '/d/a', '/e/a'];
    const listing = await listFolder(folder(paths.map((path) => entry(path))).channel, '/d', options);
    expect(listing).toMatchObject({ entries: [{ name: 'a' }], leftOut: 5, truncated: false });
  });

  it('without end is cut, and its handle closed', async () => {
    let count = 0;
    const { channel, asked } = guest(({ name }) =>
      name === 'OpenDir'
        ? { data: { Handle: 5 } }
        : {
            data: {
              List: Array.from({ length: 10_000 }, () => ({
                path: `/d/${++count}`,
                kind: 'file',
                size: 1,
                mode: 0,
              })),
            },
          },
    );
    const listing = await listFolder(channel, '/d', { timeoutMs: 60_000 });
    expect(listing).toMatchObject({ truncated: true, leftOut: 0 });
    expect(listing.entries).toHaveLength(maxFolderEntries);
    expect(asked.at(-1)?.name).toBe('CloseHandle');
  });

  it.each([[null], [{ Path: '/' }]])('that is answered with %j is malformed', async (data) => {
    await expect(listFolder(guest(() => ({ data })).channel, '/d', options)).rejects.toMatchObject({
      code: 'malformed_payload',
    });
  });
});

describe('a file', () => {
  const read = async (pieces: Uint8Array[][]): Promise<{ bytes: number; asked: FileOperation[] }> => {
    const { channel, asked } = guest(({ name }) => {
      if (name === 'OpenFile') return { data: { Handle: 5 } };
      return name === 'Read' ? { pieces: pieces.shift() ?? [] } : {};
    });
    let bytes = 0;
    for await (const piece of readFileContent(channel, '/f', options)) bytes += piece.byteLength;
    return { bytes, asked };
  };

  it('is read piece by piece, never without a length, until nothing comes', async () => {
    const { bytes, asked } = await read([[Buffer.alloc(maxPieceBytes)], [Buffer.alloc(3), Buffer.alloc(4)]]);
    expect(bytes).toBe(maxPieceBytes + 7);
    expect(asked.filter(({ name }) => name === 'Read').map(({ fields }) => fields)).toEqual(
      [0, maxPieceBytes, maxPieceBytes + 7].map((offset) => ({
        ...{ handle: 5n, offset: BigInt(offset), len: BigInt(maxPieceBytes) },
      })),
    );
    expect(asked.at(-1)?.name).toBe('CloseHandle');
  });

  it('may not send more than was asked for', async () => {
    await expect(read([[Buffer.alloc(maxPieceBytes), Buffer.alloc(1)]])).rejects.toMatchObject({
      code: 'frame_too_large',
    });
  });

  it('is closed when its reader leaves early', async () => {
    const { channel, asked } = guest(({ name }) =>
      name === 'OpenFile' ? { data: { Handle: 5 } } : { pieces: [Buffer.alloc(1)] },
    );
    for await (const piece of readFileContent(channel, '/f', options)) {
      expect(piece.byteLength).toBe(1);
      break;
    }
    expect(names(asked)).toEqual(['OpenFile', 'Read', 'CloseHandle']);
  });

  it('may claim any size', async () => {
    const { channel } = guest(() => ({ data: { Stat: entry('/f', { size: 2n ** 63n }) } }));
    expect(await statFile(channel, '/f', options)).toEqual({
      ...{ kind: 'file', sizeBytes: 2n ** 63n, mode: 0o640, modifiedSeconds: 3n, uid: 1, gid: 2 },
    });
  });
});

describe('a file that is written', () => {
  const disk = (old: Record<string, CborInput> | undefined, failing?: string): ReturnType<typeof guest> =>
    guest(({ name }) => {
      if (name === failing) return { error: 'no space left' };
      if (name === 'Stat')
        return old === undefined ? { error: 'stat: (os error 2)' } : { data: { Stat: old } };
      if (name === 'RealPath') return { data: { Path: '/real' } };
      return name === 'OpenFile' ? { data: { Handle: 5 } } : {};
    });

  it('takes the place, owner and mode of the one its path leads to', async () => {
    const { channel, asked, written } = disk(entry('/f'));
    const bytes = Buffer.alloc(maxPieceBytes + 1, 7);
    await writeFileContent(channel, '/f', content(bytes), options);
    expect(Buffer.concat(written).equals(bytes)).toBe(true);
    expect(names(asked)).toEqual([
      ...['Stat', 'RealPath', 'OpenFile', 'Write', 'Write', 'CloseHandle'],
      ...['SetStat', 'SetStat', 'Rename'],
    ]);
    expect(asked.at(-2)?.fields).toMatchObject({ attrs: { mode: 0o640 } });
    expect(asked.at(-1)?.fields).toMatchObject({ dst: '/real' });
  });

  it('is new where there was none', async () => {
    const { channel, asked } = disk(undefined);
    await writeFileContent(channel, '/f', content(), options);
    expect(names(asked)).toEqual(['Stat', 'OpenFile', 'CloseHandle', 'Rename']);
  });

  it('leaves the old one and nothing else when it cannot be written', async () => {
    const { channel, asked } = disk(entry('/f'), 'Write');
    await expect(writeFileContent(channel, '/f', content(Buffer.alloc(1)), options)).rejects.toMatchObject({
      code: 'remote_error',
    });
    expect(names(asked).slice(-3)).toEqual(['Write', 'CloseHandle', 'Remove']);
  });

  it('is never a folder, and a device is written to as it is', async () => {
    const folder = disk(entry('/f', { kind: 'dir' }));
    await expect(writeFileContent(folder.channel, '/f', content(), options)).rejects.toMatchObject({
      code: 'not_permitted',
    });
    const device = disk(entry('/f', { kind: 'other' }));
    await writeFileContent(device.channel, '/f', content(), options);
    expect(names(device.asked)).toEqual(['Stat', 'OpenFile', 'CloseHandle']);
  });
});
