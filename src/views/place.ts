import * as l10n from '../base/l10n.ts';
import { plainText, type PlainText } from '../base/text.ts';

/** Longest host name that is shown; DNS allows 253 characters. */
const maxHostNameLength = 253;

/** Says which machine the extension host, and with it every sandbox connection, is on. */
export function placeText(remoteName: string | undefined, hostName: string): PlainText {
  const host = plainText(hostName, maxHostNameLength);
  switch (remoteName) {
    case undefined:
      return l10n.t('this machine ({0})', host);
    case 'wsl':
      return l10n.t('WSL ({0})', host);
    case 'ssh-remote':
      return l10n.t('the SSH host {0}', host);
    case 'dev-container':
    case 'attached-container':
      return l10n.t('the container {0}', host);
    default:
      return l10n.t('the remote machine {0}', host);
  }
}
