// `npm run screenshots`: makes the README's and the walkthrough's pictures from the running product: the real workbench
// with the packed extension, its own agent, and a real Docker with a container. Needs Linux and root, as Docker does, and
// pngquant.
// `npm run screenshots -- dark walkthrough` makes only these parts.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DockerPeer, startDockerPeer, whyNoDocker } from '../test/peers/docker/dockerd.ts';
import { onPath } from './vscode/install.mts';
import { root, vsixFile } from './vscode/paths.mts';
import { installExtension } from './vscode/server.mts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from './vscode/workbench.mts';
import { saveWebp } from './vscode/webp.mts';

const themes = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  hc: 'Default High Contrast',
} as const;

const pictures = join(root, 'media', 'screenshots');

/** What the pictures are made with, and where they go. */
interface Studio {
  readonly docker: DockerPeer;
  readonly options: WorkbenchOptions;
  readonly save: (workbench: Workbench, file: string) => Promise<void>;
}

const wanted = process.argv.slice(2);
const isWanted = (part: string): boolean => wanted.length === 0 || wanted.includes(part);

if (onPath('pngquant') === undefined) {
  console.error(
    'The pictures are made small by pngquant, which is missing. Debian: apt-get install pngquant',
  );
  process.exit(1);
}
const missing = await whyNoDocker();
if (missing !== undefined) {
  console.error(`The pictures show a real Docker, which ${missing}.`);
  process.exit(1);
}
const packed = spawnSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: ['ignore', 2, 2] });
if (packed.status !== 0) process.exit(1);

const extensionsDir = mkdtempSync(join(tmpdir(), 'sandlight-'));
const docker = await startDockerPeer();
try {
  installExtension(vsixFile, extensionsDir);
  await docker.docker('run', '-d', '-p', '127.0.0.1:49152:80', 'web');
  const studio: Studio = {
    docker,
    options: {
      extensionsDir,
      size: { width: 1240, height: 640 },
      settings: {
        'window.commandCenter': false,
        'workbench.layoutControl.enabled': false,
        'workbench.reduceMotion': 'on',
        'sandlight.localAgent.dockerSocket': docker.dockerSocket,
        'sandlight.localAgent.containerdSocket': docker.containerdSocket,
      },
    },
    save: async (workbench, file) => {
      const path = join(root, 'media', file);
      mkdirSync(dirname(path), { recursive: true });
      // Fading in and out takes a moment.
      await workbench.page.waitForTimeout(1000);
      if (file.endsWith('.webp')) await saveWebp(workbench.page, path);
      else {
        await workbench.screenshot(path);
        execFileSync('pngquant', ['--force', '--strip', '--speed', '1', '--output', path, '64', path]);
      }
      console.log(`${file.padEnd(36)}${(statSync(path).size / 1024).toFixed(1).padStart(7)} KiB`);
    },
  };
  for (const [suffix, colorTheme] of Object.entries(themes))
    if (isWanted(suffix)) await portraits(studio, suffix, colorTheme);
  if (isWanted('walkthrough')) await walkthrough(studio);
} finally {
  await docker.remove();
  rmSync(extensionsDir, { recursive: true, force: true });
}
process.exit();

/** Opens Sandlight's view on this machine with its services and a published port. */
async function openMachine(options: WorkbenchOptions): Promise<Workbench> {
  const workbench = await openWorkbench(options);
  await workbench.revealContainer('Sandlight');
  await workbench.row(/Port 80,/).waitFor();
  await workbench.row(/^dockerd, service, ready/).waitFor();
  return workbench;
}

/** The side bar beside the details of a sandbox, in one theme. */
async function portraits({ options, save }: Studio, suffix: string, colorTheme: string): Promise<void> {
  const workbench = await openMachine({ ...options, colorTheme });
  try {
    await workbench.expand('System');
    await workbench.runCommand('Sandlight: Show Details');
    const charts = workbench.webview().locator('[data-chart=memory] canvas');
    await charts.waitFor();
    // Long enough for the charts to have something to show.
    await workbench.page.waitForTimeout(30_000);
    await save(workbench, `screenshots/overview-${suffix}.png`);
    await workbench.runCommand('View: Close Primary Side Bar');
    await workbench.page.mouse.move(0, 0);
    await save(workbench, `screenshots/details-${suffix}.png`);
    // The README shows the dark one.
    if (suffix === 'dark') copyFileSync(join(pictures, 'overview-dark.png'), join(pictures, 'overview.png'));
  } finally {
    await workbench.close();
  }
}

/** The four steps of the walkthrough. */
async function walkthrough({ options, save }: Studio): Promise<void> {
  const workbench = await openMachine({
    ...options,
    size: { width: 640, height: 420 },
    colorTheme: themes.dark,
  });
  try {
    await widenSideBar(workbench, 430);
    await save(workbench, 'walkthrough/machine.webp');
    await workbench.runCommand('Sandlight: Add Sandbox…');
    await workbench.answer('build machine');
    await workbench.until('the question for the endpoint', async () =>
      (await workbench.quickInputText()).includes('agent'),
    );
    await workbench.quickInput.locator('input[type="text"]').fill('arcbox+unix:///run/agent.sock');
    await save(workbench, 'walkthrough/add.webp');
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Sandlight: Ensure Runtime');
    await workbench.notification('is ready');
    const progress = workbench.page.locator('.notifications-toasts', { hasText: 'Ensuring' });
    await progress.waitFor({ state: 'detached' });
    await save(workbench, 'walkthrough/ensure.webp');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.row(/Port 80,/).hover();
    await save(workbench, 'walkthrough/port.webp');
  } finally {
    await workbench.close();
  }
}

/** Drags the side bar's edge to `x`. */
async function widenSideBar({ page }: Workbench, x: number): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (box === null) throw new Error('There is no side bar.');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width, y);
  await page.mouse.down();
  await page.mouse.move(x, y, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(x + 100, y);
}
