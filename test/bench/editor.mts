// `npm run bench:editor`: how long the extension takes to activate, by VS Code's own measurement, and how long from a
// container's start until its published port can be seen. The second needs a real Docker: Linux and root.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, vsixFile } from '../../scripts/vscode/paths.mts';
import { installExtension } from '../../scripts/vscode/server.mts';
import { openWorkbench } from '../../scripts/vscode/workbench.mts';
import { startDockerPeer, whyNoDocker } from '../peers/docker/dockerd.ts';

const runs = 5;

const packed = spawnSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: ['ignore', 2, 2] });
if (packed.status !== 0) process.exit(1);
const extensionsDir = mkdtempSync(join(tmpdir(), 'sandlight-'));
try {
  installExtension(vsixFile, extensionsDir);
  say(`${cpus().length} processors, load ${loadavg()[0]?.toFixed(1) ?? '?'} before anything was started`);
  const activations: number[] = [];
  for (let run = 0; run < runs; run++) activations.push(await activationMs());
  report('activation', activations);
  const missing = await whyNoDocker();
  if (missing === undefined) report('container start to visible row', await rowTimesMs());
  else say(`container start to visible row: not measured, because Docker ${missing}`);
} finally {
  rmSync(extensionsDir, { recursive: true, force: true });
}
process.exit();

/** What "Running Extensions" says of one fresh extension host. */
async function activationMs(): Promise<number> {
  const workbench = await openWorkbench({ extensionsDir });
  try {
    await workbench.statusItem('sandlight.readiness');
    await workbench.runCommand('Developer: Show Running Extensions');
    const extension = workbench.page.locator('.runtime-extensions-editor .extension', {
      hasText: 'Sandlight',
    });
    const text = await extension.locator('.activation-time').innerText();
    const time = /(\d+)\s*ms/.exec(text)?.[1];
    if (time === undefined) throw new Error(`VS Code tells no activation time: ${text}`);
    return Number(time);
  } finally {
    await workbench.close();
  }
}

/** From the moment that Docker calls a container started until the row of its port is in the page. */
async function rowTimesMs(): Promise<number[]> {
  const docker = await startDockerPeer();
  const workbench = await openWorkbench({
    extensionsDir,
    settings: {
      'sandlight.localAgent.dockerSocket': docker.dockerSocket,
      'sandlight.localAgent.containerdSocket': docker.containerdSocket,
    },
  });
  try {
    await workbench.revealContainer('Sandlight');
    await workbench.row(/^dockerd, service, ready/).waitFor();
    await workbench.row(/^No container publishes a port/).waitFor();
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const port = 8000 + run;
      // The page itself notes the time: asking it again and again would measure the asking.
      const seen = workbench.page.evaluate<number>(`new Promise((resolve) => {
        const observer = new MutationObserver(() => {
          if (document.querySelector('[role=treeitem][aria-label^="Port ${port},"]') === null) return;
          observer.disconnect();
          resolve(Date.now());
        });
        observer.observe(document.body, { subtree: true, childList: true, attributes: true });
      })`);
      const id = await docker.docker('run', '-d', '-p', `127.0.0.1:${49152 + run}:${port}`, 'web');
      const startedAt = await docker.docker('inspect', '-f', '{{.State.StartedAt}}', id);
      times.push((await seen) - Date.parse(startedAt));
    }
    return times;
  } finally {
    await workbench.close();
    await docker.remove();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function report(what: string, times: readonly number[]): void {
  const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
  say(`${what}: median ${median ?? NaN} ms of ${times.join(', ')} ms`);
}
