import { createInterface } from 'node:readline';
import { AgentError } from '../../agent/errors.ts';
import { decodeArcboxCapture, encodeArcboxMessage } from '../../agent/arcbox/json.ts';
import { decodeMicrosandboxCapture } from '../../agent/microsandbox/capture.ts';
import { decodeTtrpcCapture } from '../../agent/wire/ttrpc-capture.ts';
import type { Command } from '../command.ts';

/** Turns one capture into what is printed of it. */
const decoders: Readonly<Record<string, (bytes: Uint8Array) => { readonly frames: readonly unknown[] }>> = {
  arcbox: (bytes) => ({ frames: decodeArcboxCapture(bytes) }),
  ttrpc: decodeTtrpcCapture,
  microsandbox: decodeMicrosandboxCapture,
};

/** `encode`: proto3 JSON on standard input, one message a line, to frames in hexadecimal, one a line. */
export const encodeCommand: Command = {
  usage: 'encode --wire arcbox --message NAME [--type N] [--trace-id T]',
  summary: 'turn JSON lines into frames in hexadecimal',
  options: {
    wire: { type: 'string' },
    message: { type: 'string' },
    type: { type: 'string' },
    'trace-id': { type: 'string' },
  },
  async run({ line, print }) {
    if (line.text('wire') !== 'arcbox') throw new AgentError('usage', 'encode knows --wire arcbox only.');
    const message = line.text('message');
    if (message === undefined) throw new AgentError('usage', 'encode needs --message NAME.');
    const type = line.text('type');
    if (type !== undefined && !/^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(type)) {
      throw new AgentError('usage', `--type must be a frame type number, not ${JSON.stringify(type)}.`);
    }
    for await (const text of inputLines()) {
      const frame = encodeArcboxMessage({
        message,
        json: parseJson(text),
        type: type === undefined ? undefined : Number(type),
        traceId: line.text('trace-id') ?? '',
      });
      print(frame.toString('hex'));
    }
  },
};

/** `decode`: captures in hexadecimal, one a line, to `{frames}` or `{error}`, one a line. */
export const decodeCommand: Command = {
  usage: `decode --wire ${Object.keys(decoders).join('|')}`,
  summary: 'turn captures in hexadecimal into JSON lines',
  options: { wire: { type: 'string' } },
  async run({ line, print }) {
    const decode = decoders[line.text('wire') ?? ''];
    if (decode === undefined) {
      throw new AgentError('usage', `decode needs --wire ${Object.keys(decoders).join('|')}.`);
    }
    for await (const text of inputLines()) {
      try {
        print(JSON.stringify(decode(parseHex(text))));
      } catch (error) {
        const { code, message } = AgentError.from(error, 'malformed_payload');
        print(JSON.stringify({ error: { code, message } }));
      }
    }
  },
};

function inputLines(): AsyncIterable<string> {
  return createInterface({ input: process.stdin, crlfDelay: Infinity });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AgentError('usage', `A line of the input is not JSON: ${text.slice(0, 80)}`, { cause: error });
  }
}

function parseHex(text: string): Buffer {
  const digits = text.replace(/\s/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    throw new AgentError('usage', 'The line is not hexadecimal.');
  }
  return Buffer.from(digits, 'hex');
}
