import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hasSqlite } from '../../support/fake-home.ts';
import { isPackageUsable } from '../support/microsandbox-package.ts';

/** The machine is emulated anywhere, but its parts come from Debian's packages, and QEMU must be there or installable. */
export function whyNoMicrosandbox(): string | undefined {
  if (!hasSqlite) return 'needs a Node with SQLite: its sandboxes are known from its database';
  if (!isPackageUsable) return 'not Linux on x86-64';
  const has = (program: string): boolean =>
    [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (!has('apt-get')) return 'no Debian packages';
  if (!has('qemu-system-x86_64') && process.getuid?.() !== 0) return 'no QEMU, and not root to install it';
  return undefined;
}
