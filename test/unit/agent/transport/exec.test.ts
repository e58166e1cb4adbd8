import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { TtrpcChannel } from '../../../../src/agent/rpc/ttrpc-channel.ts';
import { connectTransport } from '../../../../src/agent/transport/connect-transport.ts';
import { openExec } from '../../../../src/agent/transport/exec.ts';
import { matching } from '../../../support/matching.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { isRunning } from '../../../support/programs.ts';

const directory = tempDir();
const options = { timeoutMs: 30_000, logger: silentLogger };

/** Starts Node on `script`. */
function run(script: string, overrides: Partial<typeof options> = {}): Promise<Duplex> {
  return openExec([process.execPath, '-e', script], { ...options, ...overrides });
}

function failure(stream: Duplex): Promise<unknown> {
  return new Promise((resolve) => stream.once('error', resolve));
}

async function readAll(stream: Duplex): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Starts a program that prints its process id and then runs `script`; returns both ends of that. */
async function runWithPid(script: string): Promise<{ stream: Duplex; pid: number }> {
  const stream = await run(`console.log(process.pid); ${script}`);
  const chunk = await new Promise<Buffer>((resolve) => stream.once('data', resolve));
  return { stream, pid: Number(chunk.toString()) };
}

describe('a program as a transport', () => {
  it('carries bytes both ways, more than any buffer holds', async () => {
    const stream = await run('process.stdin.pipe(process.stdout)');
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    stream.end(sent);
    expect(Buffer.from(await readAll(stream)).equals(sent)).toBe(true);
  });

  it('gets its arguments as they are, with no shell between', async () => {
    const stream = await openExec(
      [process.execPath, '-e', 'process.stdout.write(process.argv[1])', '$(id); `ls` * "x"'],
      options,
    );
    expect(await readAll(stream)).toBe('$(id); `ls` * "x"');
  });

  it('that does not exist is named', async () => {
    await expect(openExec(['sandlight-no-such-program'], options)).rejects.toMatchObject({
      code: 'unreachable',
      message: matching(/sandlight-no-such-program was not found/),
    });
  });

  it('with more arguments than the system takes is a failure like any other', async () => {
    await expect(openExec(['true', 'x'.repeat(5_000_000)], options)).rejects.toMatchObject({
      code: 'unreachable',
      message: matching(/^The program true cannot be started \(/),
    });
  });

  it('is not started when nobody wants it any more', async () => {
    const opened = openExec(['sandlight-no-such-program'], { ...options, signal: AbortSignal.abort() });
    await expect(opened).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('that may not be run is named', async () => {
    const file = join(directory, 'not-executable');
    writeFileSync(file, 'x', { mode: 0o644 });
    await expect(openExec([file], options)).rejects.toMatchObject({ code: 'not_permitted' });
  });

  it('that exits before it answers fails with its exit code and its last words', async () => {
    const stream = await run(
      'console.error("first"); console.error("Permission denied (publickey)."); process.exit(255)',
    );
    expect(await failure(stream)).toMatchObject({
      code: 'unreachable',
      message: matching(/exited with code 255, saying: Permission denied \(publickey\)\.$/),
    });
  });

  it('that dies during a call fails the call at once', async () => {
    const stream = await run(
      'process.stdin.once("data", () => { process.stdout.write("\\0"); process.exitCode = 7; process.stdin.destroy() })',
    );
    const call = new TtrpcChannel(stream).unary('s', 'm', new Uint8Array(0), { timeoutMs: 30_000 });
    await expect(call).rejects.toMatchObject({
      code: 'connection_closed',
      message: matching(/exited with code 7, without saying why/),
    });
  });

  it('that is killed says by which signal', async () => {
    const stream = await run('process.kill(process.pid, "SIGKILL")');
    expect(await failure(stream)).toMatchObject({ message: matching(/was ended by SIGKILL/) });
  });

  it('that prints a banner first is told from an agent', async () => {
    const stream = await run('console.log("Last login: Sat Nov 21 on ttyS0"); process.stdin.resume()');
    const call = new TtrpcChannel(stream).unary('s', 'm', new Uint8Array(0), { timeoutMs: 30_000 });
    await expect(call).rejects.toMatchObject({
      message: matching(/"Last login: Sat Nov 21 on ttyS0".*prints something first/),
    });
  });

  it('has its standard error logged, bounded and without control characters', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, info: (line: string) => lines.push(line) };
    const stream = await run(
      `process.stderr.write("\\x1b[31mred\\x07\\n\\n" + "x".repeat(5000) + "\\n" + "y\\n".repeat(2000) + "end", () => process.stdout.end("done"))`,
      { logger },
    );
    await readAll(stream);
    expect(lines[0]).toBe(`${process.execPath}: [31mred`);
    expect(lines[1]).toBe(`${process.execPath}: ${'x'.repeat(999)}…`);
    expect(lines.length).toBe(1001);
    expect(lines.at(-1)).toMatch(/the rest is not shown/);
  });

  it('ends when the stream is closed', async () => {
    const { stream, pid } = await runWithPid('process.stdin.resume()');
    stream.destroy();
    await vi.waitUntil(() => !isRunning(pid), { timeout: 9000 });
  });

  it('that ignores the end of its input and SIGTERM is killed', { timeout: 30_000 }, async () => {
    const { stream, pid } = await runWithPid('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)');
    stream.destroy();
    await vi.waitUntil(() => !isRunning(pid), { timeout: 25_000 });
  });
});

describe.skipIf(process.platform === 'win32')('what a program leaves behind', () => {
  /** Runs a shell script whose first line of output is a process id. */
  async function runShell(script: string): Promise<{ stream: Duplex; pid: number; rest: Promise<string> }> {
    const stream = await openExec(['sh', '-c', script], options);
    let text = '';
    const rest = new Promise<string>((resolve) =>
      stream.once('close', () => {
        resolve(text);
      }),
    );
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => stream.destroy());
    await vi.waitUntil(() => text.includes('\n'), { timeout: 9000 });
    const pid = Number(text.split('\n')[0]);
    return { stream, pid, rest };
  }

  it('neither holds the stream open nor outlives it', async () => {
    const { pid, rest } = await runShell('sleep 1000 & echo $!; echo all');
    expect(await rest).toBe(`${pid}\nall\n`);
    await vi.waitUntil(() => !isRunning(pid), { timeout: 9000 });
  });

  it('is ended when it ignores SIGTERM, too', { timeout: 30_000 }, async () => {
    const { pid, rest } = await runShell(`sh -c 'trap "" TERM; while :; do sleep 1; done' & echo $!`);
    await rest;
    await vi.waitUntil(() => !isRunning(pid), { timeout: 25_000 });
  });

  it('is ended with the program when the stream is closed', async () => {
    const { stream, pid } = await runShell('sleep 1000 & echo $!; wait');
    stream.destroy();
    await vi.waitUntil(() => !isRunning(pid), { timeout: 9000 });
  });

  it('may go on when it has left the group, as a control master of ssh does', async () => {
    const leave = `require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' })`;
    const { pid, rest } = await runShell(`"${process.execPath}" -e "
      const child = ${leave}; console.log(child.pid); child.unref();"`);
    expect(await rest).toBe(`${pid}\n`);
    expect(isRunning(pid)).toBe(true);
    process.kill(pid);
  });

  it('does not cost bytes that were written before, however late they are read', async () => {
    const stream = await run('process.stdout.write("x".repeat(300_000))');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await readAll(stream)).toHaveLength(300_000);
  });
});

describe('vsock', () => {
  const vsock = { kind: 'vsock', cid: 3, port: 1024 } as const;

  it('goes through a helper program that is told the address', async () => {
    const script = 'process.stdout.write(process.argv.slice(1).join("|"))';
    const stream = await connectTransport(vsock, {
      ...options,
      vsockHelper: [process.execPath, '-e', script, 'to:{cid}:{port}', '{cid}'],
    });
    expect(await readAll(stream)).toBe('to:3:1024|3');
  });

  it('says that the helper is missing', async () => {
    const opened = connectTransport(vsock, { ...options, vsockHelper: ['sandlight-no-such-helper'] });
    await expect(opened).rejects.toMatchObject({
      code: 'unreachable',
      message: matching(/helper program: The program sandlight-no-such-helper was not found/),
    });
  });
});
