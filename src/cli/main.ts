import { connectAgent } from '../agent/connect.ts';
import { AgentError, type AgentErrorCode } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import { parseCommandLine } from './arguments.ts';
import type { Command } from './command.ts';
import { agentCommand } from './commands/agent.ts';
import {
  ensureCommand,
  infoCommand,
  pingCommand,
  runtimeCommand,
  syncClockCommand,
  touchCommand,
} from './commands/calls.ts';
import { decodeCommand, encodeCommand } from './commands/captures.ts';
import { listCommand } from './commands/list.ts';
import { statusCommand } from './commands/status.ts';
import { watchCommand } from './commands/watch.ts';
import { readTlsOptions } from './tls-options.ts';

const commands: Readonly<Record<string, Command>> = {
  status: statusCommand,
  ping: pingCommand,
  info: infoCommand,
  runtime: runtimeCommand,
  ensure: ensureCommand,
  'sync-clock': syncClockCommand,
  touch: touchCommand,
  watch: watchCommand,
  list: listCommand,
  agent: agentCommand,
  encode: encodeCommand,
  decode: decodeCommand,
};

const exitCodes: Readonly<Record<AgentErrorCode, number>> = {
  remote_error: 1,
  unsupported: 1,
  not_permitted: 1,
  invalid_endpoint: 2,
  usage: 2,
  unreachable: 3,
  connection_closed: 3,
  timeout: 4,
  cancelled: 4,
  invalid_frame: 5,
  truncated_frame: 5,
  frame_too_large: 5,
  malformed_payload: 5,
  unexpected_message_type: 5,
  unsolicited_message: 5,
  handshake_failed: 5,
};

const logger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: writeError,
  warn: writeError,
  error: writeError,
};

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(`${helpText()}\n`);
    return;
  }
  const wantsJson = args.includes('--json');
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupt.abort();
    });
  }
  // A reader that has seen enough, such as head(1), is no failure.
  process.stdout.on('error', () => {
    interrupt.abort();
  });
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) throw new AgentError('usage', `${name} is not a command. Try: sandlight help`);
    const line = parseCommandLine(args, command.options);
    const tls = await readTlsOptions(line);
    const connect: typeof connectAgent = (endpoint, options) => connectAgent(endpoint, { ...options, tls });
    await command.run({ line, connect, logger, interrupted: interrupt.signal, print });
  } catch (error) {
    // Anything else is a defect of this program, and its trace is what helps.
    if (!(error instanceof AgentError)) throw error;
    const { code, message } = error;
    if (wantsJson) print(JSON.stringify({ error: { code, message } }));
    else writeError(message);
    process.exitCode = exitCodes[code];
  }
}

function writeError(message: string): void {
  process.stderr.write(`${message}\n`);
}

function helpText(): string {
  const rows = Object.values(commands).map(({ usage, summary }) => `  sandlight ${usage}\n      ${summary}`);
  return [
    'Usage:',
    ...rows,
    'Every command takes --json and --timeout MS, and for TLS --tls-ca FILE, --tls-cert FILE, --tls-key FILE and --tls-name NAME.',
  ].join('\n');
}

void main(process.argv.slice(2));
