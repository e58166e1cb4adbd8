import { AgentError } from '../../agent/errors.ts';
import { decodeArcboxCapture, encodeArcboxMessage } from '../../agent/arcbox/json.ts';
import { decodeMicrosandboxCapture } from '../../agent/microsandbox/capture.ts';
import { decodeTtrpcCapture } from '../../agent/wire/ttrpc-capture.ts';
import { plain, plainText, quoted, reviewed } from '../../base/text.ts';
import { maxArgumentLength } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { inputLines } from '../input-lines.ts';
import { jsonText } from '../json-text.ts';

/** Turns one capture into what is printed of it. */
const decoders: Readonly<Record<string, (bytes: Uint8Array) => { readonly frames: readonly unknown[] }>> = {
  arcbox: (bytes) => ({ frames: decodeArcboxCapture(bytes) }),
  ttrpc: decodeTtrpcCapture,
  microsandbox: decodeMicrosandboxCapture,
};

const wires = plainText(Object.keys(decoders).join('|'), 100);

/** `encode`: proto3 JSON on standard input, one message a line, to frames in hexadecimal, one a line. */
export const encodeCommand: Command = {
  name: plain`encode`,
  summary: plain`turn JSON lines into frames in hexadecimal`,
  arguments: [],
  options: {
    wire: { value: plain`WIRE`, summary: plain`arcbox; needed`, completes: [plain`arcbox`] },
    message: { value: plain`NAME`, summary: plain`which message the lines are; needed` },
    type: { value: plain`N`, summary: plain`frame type, where a message travels under several` },
    'trace-id': { value: plain`ID`, summary: plain`the frame's trace id` },
  },
  async run({ line, print, interrupted }) {
    if (line.text('wire') !== 'arcbox')
      throw new AgentError('usage', plain`encode knows --wire arcbox only.`);
    const message = line.text('message');
    if (message === undefined) throw new AgentError('usage', plain`encode needs --message NAME.`);
    const type = line.text('type');
    if (type !== undefined && !/^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(type)) {
      throw new AgentError(
        'usage',
        plain`--type must be a frame type number, not ${quoted(type, maxArgumentLength)}.`,
      );
    }
    for await (const text of inputLines(interrupted)) {
      const frame = encodeArcboxMessage({
        message,
        json: parseJson(text),
        type: type === undefined ? undefined : Number(type),
        traceId: line.text('trace-id') ?? '',
      });
      print(reviewed(frame.toString('hex'), 'Hexadecimal digits.'));
    }
    return exitCodes.done;
  },
};

/** `decode`: captures in hexadecimal, one a line, to `{frames}` or `{error}`, one a line. */
export const decodeCommand: Command = {
  name: plain`decode`,
  summary: plain`turn captures in hexadecimal into JSON lines`,
  arguments: [],
  options: {
    wire: {
      value: plain`WIRE`,
      summary: plain`${wires}; needed`,
      completes: Object.keys(decoders).map((name) => plainText(name, 40)),
    },
  },
  async run({ line, print, interrupted }) {
    const wire = line.text('wire') ?? '';
    const decode = Object.hasOwn(decoders, wire) ? decoders[wire] : undefined;
    if (decode === undefined) {
      throw new AgentError('usage', plain`decode needs --wire ${wires}.`);
    }
    for await (const text of inputLines(interrupted)) {
      try {
        print(jsonText(decode(parseHex(text))));
      } catch (error) {
        const { code, message } = AgentError.from(error, 'malformed_payload');
        print(jsonText({ error: { code, message } }));
      }
    }
    return exitCodes.done;
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AgentError(
      'usage',
      plain`A line of the input is not JSON: ${quoted(text, maxArgumentLength)}`,
      { cause: error },
    );
  }
}

function parseHex(text: string): Buffer {
  const digits = text.replace(/\s/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    throw new AgentError('usage', plain`The line is not hexadecimal.`);
  }
  return Buffer.from(digits, 'hex');
}
