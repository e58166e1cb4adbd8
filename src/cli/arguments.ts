import { parseArgs, type ParseArgsConfig } from 'node:util';
import { parseEndpoint, type Endpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import { plain, quoted, type PlainText } from '../base/text.ts';

type OptionTable = NonNullable<ParseArgsConfig['options']>;

/** Options that every command takes. The last four are PEM files and the name that a certificate must bear. */
const commonOptions = {
  json: { type: 'boolean' },
  timeout: { type: 'string' },
  'tls-ca': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-name': { type: 'string' },
} satisfies OptionTable;

/** Longest argument that is quoted. */
export const maxArgumentLength = 100;

/** The command line of one command, parsed but not yet given meaning. */
export interface CommandLine {
  /** One JSON value on standard output, nothing else there. */
  readonly json: boolean;
  /** Milliseconds given with `--timeout`. */
  readonly timeoutMs: number | undefined;
  readonly positionals: readonly string[];
  /** Text options by name; one given several times keeps every value. */
  texts(name: string): readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/**
 * Parses the arguments that follow the command's name.
 *
 * @throws AgentError `usage` when they do not fit `options`.
 */
export function parseCommandLine(args: readonly string[], options: OptionTable): CommandLine {
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...options, ...commonOptions },
      allowPositionals: true,
    });
  } catch (error) {
    throw AgentError.from(error, 'usage');
  }
  const { values, positionals } = parsed;
  const texts = (name: string): readonly string[] => {
    const value = values[name];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((item) => typeof item === 'string');
  };
  const timeout = texts('timeout')[0];
  return {
    json: values['json'] === true,
    timeoutMs: timeout === undefined ? undefined : parseCount(timeout, plain`--timeout`, 2 ** 31 - 1),
    positionals,
    texts,
    text: (name) => texts(name)[0],
    flag: (name) => values[name] === true,
  };
}

/** The one endpoint that a command takes. */
export function endpointArgument({ positionals }: CommandLine): Endpoint {
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new AgentError('usage', plain`Give exactly one endpoint.`);
  return parseEndpoint(text);
}

/** A whole number from 1 to `max`. */
export function parseCount(text: string, name: PlainText, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= max) return value;
  throw new AgentError(
    'usage',
    plain`${name} must be a whole number from 1 to ${max}, not ${quoted(text, maxArgumentLength)}.`,
  );
}
