import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  JsonReader,
  maxTokenBytes,
  type JsonScalar,
  type JsonVisit,
} from '../../../src/docker/json-reader.ts';

/** A visit that wants everything, so deep, and writes what it sees as JSON again. */
function copy(): { visit: JsonVisit; texts: () => string[] } {
  const texts: string[] = [];
  let text = '';
  const open: { isObject: boolean; isEmpty: boolean }[] = [];
  const begin = (key: string): void => {
    const parent = open.at(-1);
    if (parent === undefined) return;
    if (!parent.isEmpty) text += ',';
    parent.isEmpty = false;
    if (parent.isObject) text += `${JSON.stringify(key)}:`;
  };
  const end = (): void => {
    if (open.length > 0) return;
    texts.push(text);
    text = '';
  };
  const visit: JsonVisit = {
    scalar: (value, key) => {
      begin(key);
      text += JSON.stringify(value);
      end();
    },
    enter: (kind, key) => {
      begin(key);
      open.push({ isObject: kind === 'object', isEmpty: true });
      text += kind === 'object' ? '{' : '[';
    },
    leave: () => {
      text += open.pop()?.isObject === true ? '}' : ']';
      end();
    },
    get each() {
      return visit;
    },
  };
  return { visit, texts: () => texts };
}

/** Reads bytes in pieces of these lengths, again and again. */
function readInPieces(reader: JsonReader, bytes: Buffer, lengths: readonly number[]): void {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    reader.push(bytes.subarray(at, at + length));
    at += length;
  }
  reader.end();
}

const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('JsonReader', () => {
  it('sees in any JSON, cut anywhere, what JSON.parse sees', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 8 }),
        fc.constantFrom('', ' ', '\t'),
        pieces,
        (json, indent, lengths) => {
          const { visit, texts } = copy();
          const value = JSON.parse(json) as unknown;
          readInPieces(new JsonReader(visit), Buffer.from(JSON.stringify(value, null, indent)), lengths);
          expect(texts().map((text) => JSON.parse(text) as unknown)).toEqual([value]);
        },
      ),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const again = (json: string): string => JSON.stringify(JSON.parse(json));
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom('', ',', ':', '[', ']', '{', '}', '"', '1', 'x', '\\'),
      )
      .map(([json, at, insert]) => {
        const where = at % (json.length + 1);
        return json.slice(0, where) + insert + json.slice(insert === '' ? where + 1 : where);
      });
    fc.assert(
      fc.property(damaged, pieces, (text, lengths) => {
        const bytes = Buffer.from(text);
        let expected: unknown;
        try {
          expected = [again(bytes.toString())];
        } catch {
          expected = 'refused';
        }
        const { visit, texts } = copy();
        let seen: unknown;
        try {
          const reader = new JsonReader(visit);
          readInPieces(reader, bytes, lengths);
          seen = reader.completed === 1 ? texts().map(again) : 'refused';
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          seen = 'refused';
        }
        expect(seen).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('hands over what is named, whatever stands beside it', () => {
    const seen: unknown[] = [];
    const note = (value: JsonScalar | undefined): void => void seen.push(value);
    const reader = new JsonReader({
      members: {
        a: { members: { b: { scalar: note } } },
        list: { each: { members: { n: { scalar: note } } } },
      },
    });
    reader.push(
      Buffer.from(
        '{"b":1,"a":{"c":{"b":2},"b":"three","a":"}\\""},"list":[{"n":4},[{"n":5}],{"m":[{"n":6}],"n":null},7],"__proto__":8}',
      ),
    );
    reader.end();
    expect(seen).toEqual(['three', 4, null]);
  });

  it('reads one value after the other', () => {
    const { visit, texts } = copy();
    const reader = new JsonReader(visit);
    reader.push(Buffer.from('{"a":1}\n{"a":2}\n'));
    expect(texts()).toEqual(['{"a":1}', '{"a":2}']);
    expect(reader.completed).toBe(2);
    reader.push(Buffer.from('{"a"'));
    expect(reader.isInside).toBe(true);
    expect(() => {
      reader.end();
    }).toThrow(SyntaxError);
  });

  it('gives a scalar that is too long as undefined, and no member of a name that is too long', () => {
    const read = (json: string): unknown[] => {
      const seen: unknown[] = [];
      const reader = new JsonReader({ each: { scalar: (value) => void seen.push(value) } });
      readInPieces(reader, Buffer.from(json), [100]);
      return seen;
    };
    const fits = 'x'.repeat(maxTokenBytes);
    expect(read(JSON.stringify([fits, `${fits}x`, 1]))).toEqual([fits, undefined, 1]);
    expect(read(JSON.stringify({ [fits]: 1, [`${fits}x`]: 2, y: 3 }))).toEqual([1, 3]);
  });

  it('reads 64 levels and no more', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    new JsonReader({}).push(Buffer.from(nested(64)));
    expect(() => {
      new JsonReader({}).push(Buffer.from(nested(65)));
    }).toThrow(SyntaxError);
  });
});
