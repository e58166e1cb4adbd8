import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeArcboxError } from '../../src/agent/arcbox/error.ts';
import { ArcboxFrameDecoder, encodeArcboxFrame } from '../../src/agent/arcbox/frame.ts';
import { arcboxType } from '../../src/agent/arcbox/messages.ts';
import {
  AgentPingResponse,
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../../src/agent/generated/arcbox/v1/agent.ts';
import { runCli, startCli, type CliResult } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const directory = tempDir();

/** Sets a terminal's title, colours it, turns the text around, breaks lines, hides; and what none of that is. */
const evil =
  'a\u001b]0;title\u0007\u001b[31m\u009b31m\u009d0;t\u009c\u0090\u202e\u2066\u2028\u2029\u0085\r\n\b\u007f\0\u200b\ufeff\u{e0041}ü容\u{1f600}';

/** Everything a terminal acts on or a reader does not see, but for the line feeds that are ours. */
const unsafe = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Cf}]/u;

const answers: ReadonlyMap<number, [type: number, payload: Uint8Array]> = new Map([
  [
    arcboxType.pingRequest,
    [
      arcboxType.pingResponse,
      AgentPingResponse.encode(AgentPingResponse.fromPartial({ message: evil, version: evil })).finish(),
    ],
  ],
  [
    arcboxType.systemInfoRequest,
    [
      arcboxType.systemInfoResponse,
      SystemInfo.encode(
        SystemInfo.fromPartial({ osName: evil, hostname: evil, ipAddresses: [evil] }),
      ).finish(),
    ],
  ],
  [
    arcboxType.runtimeStatusRequest,
    [
      arcboxType.runtimeStatusResponse,
      RuntimeStatusResponse.encode({
        containerdReady: true,
        dockerReady: false,
        endpoint: evil,
        detail: evil,
        services: [{ name: evil, status: evil, detail: `${evil}${'x'.repeat(2_000_000)}` }],
      }).finish(),
    ],
  ],
  [
    arcboxType.ensureRuntimeRequest,
    [
      arcboxType.ensureRuntimeResponse,
      RuntimeEnsureResponse.encode({
        ready: false,
        endpoint: evil,
        message: `${evil}${'x'.repeat(500_000)}`,
        status: evil,
      }).finish(),
    ],
  ],
]);

/** An agent that answers in a wrong spirit; `refuses` are the request types it answers with an error. */
async function serveEvil(name: string, refuses: readonly number[]): Promise<string> {
  const path = join(directory, name);
  const server = createServer((socket: Socket) => {
    const decoder = new ArcboxFrameDecoder();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        const [type, payload] = answers.get(frame.type)!;
        socket.write(
          refuses.includes(frame.type)
            ? encodeArcboxFrame(arcboxType.error, encodeArcboxError(500, `${evil}${'x'.repeat(2_000_000)}`))
            : encodeArcboxFrame(type, payload),
        );
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return `arcbox+unix://${path}`;
}

function expectPlain({ stdout, stderr }: CliResult): void {
  expect(stdout).not.toMatch(unsafe);
  expect(stderr).not.toMatch(unsafe);
}

const commands = [
  'status',
  'ping --count 1',
  'info',
  'runtime',
  'ensure',
  'ensure --no-start',
  'sync-clock',
  'touch',
];

describe('an agent cannot speak to the terminal', () => {
  let answering: string;
  let refusing: string;
  let pingOnly: string;
  beforeAll(async () => {
    answering = await serveEvil('answering.sock', []);
    refusing = await serveEvil('refusing.sock', [...answers.keys()]);
    pingOnly = await serveEvil('ping.sock', [arcboxType.systemInfoRequest, arcboxType.runtimeStatusRequest]);
  });

  test.each(commands)('by its answers to %s', async (command) => {
    for (const more of [[], ['--json']])
      expectPlain(await runCli([...command.split(' '), answering, ...more]));
  });

  test.each(commands)('by its errors to %s, which are short', async (command) => {
    for (const more of [[], ['--json']]) {
      const result = await runCli([...command.split(' '), refusing, ...more]);
      expectPlain(result);
      expect(result.status).not.toBe(0);
      expect(result.stdout.length + result.stderr.length).toBeLessThan(2000);
    }
  });

  test('by what it refuses while status goes on', async () => {
    for (const more of [[], ['--json']]) {
      const result = await runCli(['status', pingOnly, ...more]);
      expectPlain(result);
      expect(result.status).toBe(0);
    }
  });

  test('by what watch prints', async () => {
    for (const more of [[], ['--json']]) {
      const watch = startCli('watch', answering, ...more);
      await vi.waitUntil(() => /runtime.*\n/.test(watch.stdout()), { timeout: 20_000 });
      watch.child.kill('SIGTERM');
      expectPlain(await watch.ended);
    }
  });

  test('by the frames that decode prints, in any protocol', async () => {
    const frame = encodeArcboxFrame(...answers.get(arcboxType.pingRequest)!, evil.replace('\0', '')).toString(
      'hex',
    );
    const result = await runCli(
      ['decode', '--wire', 'arcbox'],
      `${frame}\n${Buffer.from(evil).toString('hex')}\n`,
    );
    expectPlain(result);
    const [line = ''] = result.stdout.split('\n');
    expect(JSON.parse(line)).toMatchObject({ frames: [{ json: { message: evil, version: evil } }] });
  });

  test('and JSON still tells exactly what it said', async () => {
    const { stdout, status } = await runCli(['info', answering, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ osName: evil, hostname: evil, ipAddresses: [evil] });
    const readable = await runCli(['info', answering]);
    expect(JSON.parse(readable.stdout)).toEqual(JSON.parse(stdout));
    expect(readable.stdout).toMatch(/^\{\n {2}"osName"/);
  });

  test('and what people read is short', async () => {
    for (const command of ['status', 'ensure']) {
      const { stdout } = await runCli([command, answering]);
      expect(stdout.length).toBeLessThan(3000);
    }
  });

  test('nor can an argument', async () => {
    for (const args of [
      [evil],
      ['ping', evil],
      ['status', `arcbox+${evil}`],
      ['agent', '--stdio', '--protocol', evil],
    ]) {
      const printable = args.map((word) => word.replaceAll('\0', ''));
      expectPlain(await runCli(printable));
      expectPlain(await runCli([...printable, '--json']));
    }
  });
});

describe('an answer that says no', () => {
  test('is exit code 1 after the answer itself, whatever it was asked', async () => {
    const endpoint = await serveEvil('unready.sock', []);
    for (const more of [[], ['--no-start']]) {
      const { status, stdout } = await runCli(['ensure', endpoint, '--json', ...more]);
      expect(status).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ status: evil, elapsedMs: expect.any(Number) as number });
    }
  });
});
