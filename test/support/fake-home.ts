import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  relayAddresses,
  resolveMicrosandboxHome,
  type MicrosandboxHome,
} from '../../src/sandboxes/sources/microsandbox/home.ts';

/** False on a Node that cannot make a database, nor read one: before 22.13. */
export const hasSqlite = isBuiltin('node:sqlite');
/** What to add to the name of a test that is skipped there. */
export const needsSqlite = hasSqlite ? '' : ' (needs a Node with SQLite)';

/** A row of msb's table of sandboxes. */
export type RecordedSandbox = readonly [name: string, status: string, ports?: readonly object[]];

/** Imitates what msb keeps in its home, and msb itself. Nothing exists in the beginning, not even the home. */
export class FakeHome {
  readonly home: MicrosandboxHome;
  /** Where {@link installMsb} puts it. */
  readonly binDir: string;
  readonly #root: string;
  readonly #servers: Server[] = [];
  readonly #databases: DatabaseSync[] = [];

  private constructor(root: string, home: MicrosandboxHome) {
    this.#root = root;
    this.home = home;
    this.binDir = join(root, 'bin');
  }

  /** Makes a place for a home in `parent`. */
  static async make(parent = tmpdir()): Promise<FakeHome> {
    const root = await mkdtemp(join(parent, 'disc-'));
    return new FakeHome(root, await resolveMicrosandboxHome({ MSB_HOME: join(root, 'h') }));
  }

  async remove(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
    for (const database of this.#databases.splice(0)) database.close();
    await rm(this.#root, { recursive: true });
  }

  get databasePath(): string {
    return join(this.home.home, 'db', 'msb.db');
  }

  /** Where the relay of a sandbox listens. */
  socketPath(name: string): string {
    const [address] = relayAddresses(this.home, name, 'linux');
    if (address.kind !== 'unix') throw new Error('no path');
    return address.path;
  }

  /** Listens as the relay of a sandbox would, saying nothing. */
  async listenAs(name: string): Promise<{ server: Server; path: string }> {
    const path = this.socketPath(name);
    await mkdir(dirname(path), { recursive: true });
    return { server: await this.listenAt(path), path };
  }

  async listenAt(path: string): Promise<Server> {
    const server = createServer((socket) => socket.destroy());
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return server;
  }

  /** Makes an empty database. */
  async makeDatabase(): Promise<DatabaseSync> {
    await mkdir(join(this.home.home, 'db'), { recursive: true });
    const sqlite = await import('node:sqlite');
    const database = new sqlite.DatabaseSync(this.databasePath);
    this.#databases.push(database);
    return database;
  }

  /** Makes a database as msb does: in WAL mode, with the rows only in the log while its writer lives. */
  async writeDatabase(rows: readonly RecordedSandbox[], activeConfig = true): Promise<DatabaseSync> {
    const database = await this.makeDatabase();
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(
      `CREATE TABLE sandbox (id integer PRIMARY KEY, name text UNIQUE, config text, status text
       ${activeConfig ? ', active_config text' : ''})`,
    );
    const insert = database.prepare('INSERT INTO sandbox (name, config, status) VALUES (?, ?, ?)');
    for (const [name, status, ports = []] of rows) {
      insert.run(name, JSON.stringify({ network: { ports } }), status);
    }
    return database;
  }

  /** Makes `msb` do what `script` says. */
  async installMsb(script: string): Promise<void> {
    await mkdir(this.binDir, { recursive: true });
    await writeFile(join(this.binDir, 'msb'), `#!/bin/sh\n${script}\n`);
    await chmod(join(this.binDir, 'msb'), 0o755);
  }
}
