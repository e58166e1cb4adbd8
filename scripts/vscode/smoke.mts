import { openWorkbench, type Row, type WorkbenchOptions } from './workbench.mts';

/** What a person would see. */
export interface Sight {
  readonly url: string;
  /** The tree's rows as a screen reader says them, indented by level. */
  readonly rows: readonly string[];
  readonly services: readonly string[];
  readonly statusItem: string;
  /** From opening the page until the services were there. */
  readonly seconds: number;
  readonly screenshot: string;
}

/** Opens the workbench, waits until the tree shows the services of a sandbox, and takes a picture of it. */
export async function smoke(options: WorkbenchOptions, picture: string): Promise<Sight> {
  const startedAt = Date.now();
  const workbench = await openWorkbench(options);
  try {
    await workbench.revealContainer('Sandlight');
    const services = await workbench.until('services that are ready or not ready', async () => {
      const rows = await workbench.rows();
      const closed = rows.find(
        ({ expanded, level, label }) => expanded === false && (level === 1 || isServices(label)),
      );
      if (closed !== undefined) await workbench.expand(closed.label);
      const found = servicesIn(rows);
      return found.length > 0 && found;
    });
    const seconds = (Date.now() - startedAt) / 1000;
    await workbench.screenshot(picture);
    return {
      url: workbench.page.url(),
      rows: (await workbench.rows()).map(({ label, level }) => '  '.repeat(level - 1) + label),
      services,
      statusItem: await workbench.statusItem('sandlight.readiness'),
      seconds,
      screenshot: picture,
    };
  } finally {
    await workbench.close();
  }
}

const isServices = (label: string): boolean => label.startsWith('Services');

/** The rows under the first row "Services" that tell whether a service is ready. */
function servicesIn(rows: readonly Row[]): string[] {
  const group = rows.findIndex(({ label, level }) => level === 2 && isServices(label));
  if (group === -1) return [];
  const below = rows.slice(group + 1);
  const end = below.findIndex(({ level }) => level <= 2);
  return below
    .slice(0, end === -1 ? undefined : end)
    .map(({ label }) => label)
    .filter((label) => /\bready\b/i.test(label));
}
