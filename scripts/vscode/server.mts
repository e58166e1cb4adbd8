// The VS Code server: the workbench as a web page, and the real extension host behind it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EditorVersion, installServer } from './install.mts';
import { environmentOf } from '../node.mts';

/** The contents of a settings.json. */
export type Settings = Readonly<Record<string, unknown>>;

export interface ServerOptions {
  /** Which VS Code. Defaults to the newest. */
  readonly version?: EditorVersion;
  /** User settings, over the ones that keep VS Code quiet. */
  readonly settings?: Settings;
  /** Environment of the extension host, over this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where extensions are installed; see {@link installExtension}. Defaults to an empty folder. */
  readonly extensionsDir?: string;
  /**
   * True to run extension tests: a built workbench ignores extensionDevelopmentPath and extensionTestsPath without its
   * smoke test driver, but shows no notifications with it.
   */
  readonly testDriver?: boolean;
}

export interface Server {
  /** `127.0.0.1:PORT`, also the workbench's remote authority. */
  readonly authority: string;
  /** The server's own folder, removed by {@link Server.stop}. */
  readonly dataDir: string;
  /** Address of a workbench that opens `folder`; `payload` is the workbench's own, as key and value. */
  pageUrl(folder: string, payload?: Readonly<Record<string, string>>): string;
  /** What the server has printed so far. */
  log(): string;
  /** Stops the server with everything it started. */
  stop(): Promise<void>;
}

const quietSettings: Settings = {
  'chat.disableAIFeatures': true,
  'extensions.ignoreRecommendations': true,
  'files.watcherExclude': { '**/.vscode-test/**': true },
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.showReleaseNotes': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

/** The server asks no extension gallery for anything. */
const noGallery = { EXTENSIONS_GALLERY: '{}' };

const startTimeoutMs = 60_000;
const stopTimeoutMs = 5_000;

/** Starts a server on a free loopback port, with folders of its own, and waits until it listens. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { node, main } = installServer(options.version);
  const dataDir = mkdtempSync(join(tmpdir(), 'sandlight-'));
  // What an extension host that is killed leaves behind goes with the rest.
  const tempDir = join(dataDir, 'tmp');
  mkdirSync(tempDir);
  writeSettings(dataDir, { ...quietSettings, ...options.settings });
  // Other users of this machine, and other pages in the browser, must not reach the server.
  const token = randomBytes(16).toString('hex');
  const args = [
    ...[main, '--host', '127.0.0.1', '--port', '0', '--connection-token', token],
    ...['--accept-server-license-terms', '--telemetry-level', 'off', '--server-data-dir', dataDir],
    ...(options.testDriver ? ['--enable-smoke-test-driver'] : []),
    ...(options.extensionsDir === undefined ? [] : ['--extensions-dir', options.extensionsDir]),
  ];
  // A process group of its own, so that extension hosts and their children end with the server.
  const server = spawn(node, args, {
    env: { ...environmentOf(node), TMPDIR: tempDir, ...noGallery, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  const killAtExit = (): void => {
    signalGroup(server, 'SIGKILL');
  };
  process.once('exit', killAtExit);
  const stop = async (): Promise<void> => {
    process.off('exit', killAtExit);
    await stopGroup(server);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => {
        reject(new Error(`The VS Code server ${why}. It printed:\n${log}`));
      };
      const timer = setTimeout(() => {
        fail(`did not listen within ${startTimeoutMs / 1000} s`);
      }, startTimeoutMs);
      const read = (chunk: Buffer): void => {
        log += chunk.toString();
        const listening = /Extension host agent listening on (\d+)/.exec(log)?.[1];
        if (listening === undefined) return;
        clearTimeout(timer);
        resolve(listening);
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.on('exit', (code) => {
        clearTimeout(timer);
        fail(`ended with code ${String(code)}`);
      });
    });
    const authority = `127.0.0.1:${port}`;
    const pageUrl: Server['pageUrl'] = (folder, payload = {}) => {
      const query = { tkn: token, folder, payload: JSON.stringify(Object.entries(payload)) };
      return `http://${authority}/?${new URLSearchParams(query).toString()}`;
    };
    return { authority, dataDir, pageUrl, log: () => log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Installs a packed extension into `extensionsDir`. */
export function installExtension(vsix: string, extensionsDir: string): void {
  const { node, main } = installServer();
  const dataDir = mkdtempSync(join(tmpdir(), 'sandlight-'));
  try {
    const args = [
      '--server-data-dir',
      dataDir,
      '--extensions-dir',
      extensionsDir,
      '--install-extension',
      vsix,
    ];
    execFileSync(node, [main, '--accept-server-license-terms', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Writes user settings; machine-scoped ones count only in the second file. */
function writeSettings(dataDir: string, settings: Settings): void {
  for (const kind of ['User', 'Machine']) {
    const dir = join(dataDir, 'data', kind);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'settings.json'), JSON.stringify(settings, null, 2));
  }
}

async function stopGroup(server: ChildProcess): Promise<void> {
  const running = server.pid !== undefined && server.exitCode === null && server.signalCode === null;
  const exited = running ? once(server, 'exit') : undefined;
  signalGroup(server, 'SIGTERM');
  const timer = setTimeout(signalGroup, stopTimeoutMs, server, 'SIGKILL');
  await exited;
  clearTimeout(timer);
  // Whatever of the group outlives its leader.
  signalGroup(server, 'SIGKILL');
}

/** Signals the server and everything it started. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nothing of the group is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
