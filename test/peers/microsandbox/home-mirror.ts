import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const innerHome = '/root/.microsandbox';
const intervalMs = 500;

/**
 * Small files worth copying: the database with its log, and the heartbeats. They are put aside first, so that a heartbeat
 * and the time at which it was written belong together.
 */
const filesCommand = `X rm -rf /run/aside; mkdir /run/aside; cd ${innerHome} && cp -p --parents $(ls -d db/msb.db db/msb.db-wal sandboxes/*/runtime/heartbeat.json 2>/dev/null) /run/aside; tar -c -C /run/aside . 2>/dev/null`;

/** Sockets that somebody listens on; the flag is in the fourth column. */
const socketsCommand = `X awk '$4=="00010000" && index($8,"${innerHome}/run/")==1 && $8~/agent.*sock$/{print $8}' /proc/net/unix`;

/** When each heartbeat was written, to the nanosecond, which tar does not keep. */
const timesCommand = `X cd /run/aside && stat -c '%n %y' sandboxes/*/runtime/heartbeat.json 2>/dev/null`;

/**
 * Copies what Sandlight reads of a microsandbox home out of the machine, again and again: files whole, sockets as
 * sockets that lead inside.
 */
export class HomeMirror {
  readonly #home: string;
  readonly #enter: (line: string) => Socket;
  readonly #bridges = new Map<string, Server>();
  readonly #streams = new Set<Socket>();
  readonly #stop = new AbortController();
  /** Tests change the PATH later on. */
  readonly #env = { ...process.env };
  #loop: Promise<void> = Promise.resolve();

  constructor(home: string, enter: (line: string) => Socket) {
    this.#home = home;
    this.#enter = enter;
  }

  /** Copies once and goes on copying in the background. */
  async start(): Promise<void> {
    await this.#copy();
    this.#loop = this.#repeat();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    for (const stream of this.#streams) stream.destroy();
    await Promise.all([...this.#bridges.keys()].map((path) => this.#removeBridge(path)));
  }

  async #repeat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // A copy that fails, as while a sandbox restarts, is made again.
      await this.#copy().catch(() => undefined);
      await sleep(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #copy(): Promise<void> {
    await this.#copyFiles();
    const present = new Set((await this.#ask(socketsCommand)).split('\n').filter((path) => path !== ''));
    for (const path of this.#bridges.keys()) if (!present.has(path)) await this.#removeBridge(path);
    for (const path of present) if (!this.#bridges.has(path)) await this.#addBridge(path);
  }

  async #copyFiles(): Promise<void> {
    const part = `${this.#home}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    const tar = execFile('tar', ['-x', '-C', part], { env: this.#env });
    const ended = once(tar, 'exit');
    if (tar.stdin === null) throw new Error('tar takes no input');
    await pipeline(this.#enter(filesCommand), tar.stdin);
    await ended;
    const times = (await this.#ask(timesCommand)).matchAll(/^(\S+) (\S+) (\d\d:\d\d:\d\d\.\d{3})/gm);
    for (const [, path = '', date = '', time = ''] of times) {
      const written = new Date(`${date}T${time}Z`);
      await utimes(join(part, path), written, written);
      await this.#replace(part, path);
    }
    // A reader here makes an index of the log, which does not fit the next copy of the log.
    await rm(join(this.#home, 'db/msb.db-shm'), { force: true });
    await this.#replace(part, 'db/msb.db-wal');
    await this.#replace(part, 'db/msb.db');
  }

  async #replace(part: string, path: string): Promise<void> {
    await mkdir(dirname(join(this.#home, path)), { recursive: true });
    await rename(join(part, path), join(this.#home, path));
  }

  async #addBridge(path: string): Promise<void> {
    const here = this.#here(path);
    await mkdir(dirname(here), { recursive: true });
    const server = createServer({ allowHalfOpen: true }, (outer) => {
      const inner = this.#enter(`U ${path}`);
      for (const stream of [outer, inner]) {
        this.#streams.add(stream);
        stream.on('error', () => undefined);
        stream.once('close', () => {
          this.#streams.delete(stream);
          outer.destroy();
          inner.destroy();
        });
      }
      outer.pipe(inner);
      inner.pipe(outer);
    });
    await new Promise<void>((resolve) => server.listen(here, resolve));
    this.#bridges.set(path, server);
  }

  /** The folder goes with its socket, as it does inside. */
  async #removeBridge(path: string): Promise<void> {
    const server = this.#bridges.get(path);
    this.#bridges.delete(path);
    server?.close();
    if (path.endsWith('/agent.sock')) await rm(dirname(this.#here(path)), { recursive: true, force: true });
  }

  #here(path: string): string {
    return join(this.#home, path.slice(innerHome.length));
  }

  async #ask(line: string): Promise<string> {
    let output = '';
    for await (const chunk of this.#enter(line) as AsyncIterable<Buffer>) output += chunk.toString();
    return output;
  }
}
