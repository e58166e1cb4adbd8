import * as l10n from '../base/l10n.ts';

/** Says which machine the extension host, and with it every sandbox connection, is on. */
export function placeText(remoteName: string | undefined, hostName: string): string {
  switch (remoteName) {
    case undefined:
      return l10n.t('this machine ({0})', hostName);
    case 'wsl':
      return l10n.t('WSL ({0})', hostName);
    case 'ssh-remote':
      return l10n.t('the SSH host {0}', hostName);
    case 'dev-container':
    case 'attached-container':
      return l10n.t('the container {0}', hostName);
    default:
      return l10n.t('the remote machine {0}', hostName);
  }
}
