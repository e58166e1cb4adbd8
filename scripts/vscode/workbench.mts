// Drives the workbench as a person would: by what it shows and by what it says to assistive technology.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { launchBrowser } from './browser.mts';
import { type Server, type ServerOptions, startServer } from './server.mts';

export interface WorkbenchOptions extends ServerOptions {
  /** Folder to open. Defaults to an empty one. */
  readonly folder?: string;
  /** Size of the window in screen pixels. Defaults to 1280 by 800. */
  readonly size?: { readonly width: number; readonly height: number };
  /** As a browser's zoom; 2 is 200 %. Defaults to 1. */
  readonly zoom?: number;
  /** A colour theme as settings.json names it, for example `Default High Contrast`. */
  readonly colorTheme?: string;
  /**
   * Language that VS Code tells its extensions it speaks, such as `de`. Its own words stay English: they would need a
   * language pack. Defaults to English.
   */
  readonly language?: string;
}

/** A row of a tree. */
export interface Row {
  /** What a screen reader says. */
  readonly label: string;
  /** 1 for a root. */
  readonly level: number;
  /** `undefined` for a leaf. */
  readonly expanded: boolean | undefined;
}

/** What {@link Workbench.rows} needs of a DOM element; the project compiles without the DOM's types. */
interface ElementLike {
  getAttribute(name: string): string | null;
}

/** Files that the server's package leaves out, its own hosts that a test does not reach, a login it does not have. */
const serverNoise =
  /^Failed to load resource|bad HTTP response code|Service Worker|authentication provider 'github'/;

const timeoutMs = 60_000;
const pollMs = 100;
const paletteMs = 2_000;

/** Opens VS Code in a headless browser on a server of its own. {@link Workbench.close} ends both. */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const { size = { width: 1280, height: 800 }, zoom = 1, colorTheme, language } = options;
  const settings = { ...(colorTheme && { 'workbench.colorTheme': colorTheme }), ...options.settings };
  const emptyFolder = mkdtempSync(join(tmpdir(), 'sandlight-'));
  const server = await startServer({ ...options, settings });
  let browser: Browser | undefined;
  try {
    browser = await launchBrowser();
    const page = await browser.newPage({
      viewport: { width: Math.round(size.width / zoom), height: Math.round(size.height / zoom) },
      deviceScaleFactor: zoom,
    });
    page.setDefaultTimeout(timeoutMs);
    if (language !== undefined) {
      await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(language)};`);
    }
    const workbench = new Workbench(page, server, emptyFolder);
    await page.goto(server.pageUrl(options.folder ?? emptyFolder));
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return workbench;
  } catch (error) {
    await browser?.close();
    await server.stop();
    rmSync(emptyFolder, { recursive: true, force: true });
    throw error;
  }
}

/** One open window. Everything that waits, waits up to a minute. */
export class Workbench {
  readonly page: Page;
  readonly server: Server;
  /** The input box or quick pick; the palette is one. */
  readonly quickInput: Locator;
  /** Errors on the page's console and exceptions nobody caught, without the noise that every page of the server makes. */
  readonly consoleErrors: string[] = [];
  readonly #emptyFolder: string;

  constructor(page: Page, server: Server, emptyFolder: string) {
    this.page = page;
    this.server = server;
    this.quickInput = page.locator('.quick-input-widget');
    this.#emptyFolder = emptyFolder;
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !serverNoise.test(text)) this.consoleErrors.push(text);
    });
    page.on('pageerror', (error) => this.consoleErrors.push(String(error)));
  }

  /** Shows a view container, by the palette: its icon may be cut off in a small window. */
  async revealContainer(title: string): Promise<void> {
    await this.runCommand(`View: Show ${title}`);
    await this.page.locator('.part.sidebar .composite.title', { hasText: title }).waitFor();
  }

  /** The visible rows of the side bar's trees, in order. */
  async rows(): Promise<Row[]> {
    const rows = this.page.locator('.part.sidebar .monaco-list-row[aria-label]');
    // Read in one go: the tree may change between two questions.
    const attributes = await rows.evaluateAll((elements: ElementLike[]) =>
      elements.map((element) =>
        ['aria-label', 'aria-level', 'aria-expanded'].map((name) => element.getAttribute(name)),
      ),
    );
    return attributes.map(([label, level, expanded]) => ({
      label: label?.trim() ?? '',
      level: Number(level),
      expanded: typeof expanded === 'string' ? expanded === 'true' : undefined,
    }));
  }

  /** The first row whose spoken label contains `label`. */
  row(label: string | RegExp): Locator {
    return this.page.locator('.part.sidebar').getByRole('treeitem', { name: label }).first();
  }

  /** Opens a collapsed row by its arrow, which runs no command of the row. */
  async expand(label: string | RegExp): Promise<void> {
    const row = this.row(label);
    if ((await row.getAttribute('aria-expanded')) === 'false')
      await row.locator('.monaco-tl-twistie').click();
  }

  /** Clicks the icon `action` that a row shows under the pointer. */
  async clickInlineAction(label: string | RegExp, action: string | RegExp): Promise<void> {
    const row = this.row(label);
    await row.hover();
    await row.getByRole('button', { name: action }).click();
  }

  /** Clicks the icon `action` in the title of a view. */
  async clickViewAction(view: string, action: string | RegExp): Promise<void> {
    const header = this.page.locator('.part.sidebar .pane-header', { hasText: view });
    await header.hover();
    await header.getByRole('button', { name: action }).click();
  }

  /** The text of a status item, as a screen reader says it; waits until there is one of this id. */
  async statusItem(id: string): Promise<string> {
    const item = this.page.locator(`.part.statusbar [id$="${id}"]`);
    return (await item.locator('a').first().getAttribute('aria-label')) ?? '';
  }

  /** Runs the command that the palette lists under exactly this title, for example `Sandlight: Refresh`. */
  async runCommand(title: string): Promise<void> {
    const entry = this.quickInput.getByRole('option', { name: title }).first();
    // The palette does not learn of commands that are registered while it is open: close it and look again.
    await this.until(`the command "${title}"`, async () => {
      await this.page.keyboard.press('F1');
      // A window that is still starting may close it again.
      const found = await this.quickInput
        .locator('input[type="text"]')
        .fill(`>${title}`, { timeout: paletteMs })
        .then(() => entry.waitFor({ timeout: paletteMs }))
        .then(
          () => true,
          () => false,
        );
      if (!found) await this.page.keyboard.press('Escape');
      return found;
    });
    await entry.click();
  }

  /** Types into the open input box or quick pick, then picks the entry `pick`, or presses Enter. */
  async answer(text: string, pick?: string): Promise<void> {
    const input = this.quickInput.locator('input[type="text"]');
    await input.fill(text);
    if (pick === undefined) {
      await input.press('Enter');
    } else {
      await this.quickInput.getByRole('option', { name: pick }).first().click();
    }
  }

  /** The text of the open input box's or quick pick's message and entries. */
  async quickInputText(): Promise<string> {
    return await this.quickInput.innerText();
  }

  /** The page inside the webview panel that can be seen. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  /** Waits for a notification that contains `text` and returns all of its text. */
  async notification(text: string | RegExp): Promise<string> {
    const toast = this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
    return await toast.first().innerText();
  }

  /** Asks `look` until it returns something other than `undefined` or `false`; fails with `what` in the message. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      if (Date.now() > end) {
        const rows = (await this.rows()).map(({ label, level }) => `${'  '.repeat(level)}${label}`);
        throw new Error(
          `Waited ${timeoutMs / 1000} s for ${what}. The side bar shows:\n${rows.join('\n') || '  nothing'}`,
        );
      }
      await this.page.waitForTimeout(pollMs);
    }
  }

  /** Saves a picture of the window. */
  async screenshot(file: string): Promise<void> {
    mkdirSync(dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }

  async close(): Promise<void> {
    await this.page.context().browser()?.close();
    await this.server.stop();
    rmSync(this.#emptyFolder, { recursive: true, force: true });
  }
}
