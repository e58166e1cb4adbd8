import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { plain, type PlainText } from '../base/text.ts';
import { ask, pick, tell } from '../host/notify.ts';
import { isOwnAddress } from '../host/own-addresses.ts';
import { copyText } from './clipboard.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import {
  clientSchemeOf,
  guessScheme,
  purposeOf,
  reachableAddress,
  type Scheme,
} from '../views/port-address.ts';
import { containerFinder } from './container-finder.ts';
import { isKey, portTarget, type PortNode } from './target.ts';

/** Commands on published ports. */
export function portCommands(
  context: CommandContext,
): CommandFamily<'sandlight.openPort' | 'sandlight.copyPortAddress'> {
  const isTcp = ({ binding }: PortNode): boolean => binding.protocol === 'tcp';
  return {
    'sandlight.openPort': async (target) => {
      const port = isKey(target) ? await focusedPort(context) : await portTarget(context, target, isTcp);
      if (port === undefined) return;
      if (!isTcp(port)) {
        tell(l10n.t('A browser cannot open a port of {0}.', port.binding.protocol));
        return;
      }
      const use = await useOf(context, port);
      if (use === undefined) return;
      if (use.kind === 'copy') {
        await copyText(`${use.prefix}${await externalAddress(port)}`);
        return;
      }
      const { scheme } = use;
      const url = urlOf(scheme, port);
      const { hostIp } = port.binding;
      const mayOpen = isOwnAddress(hostIp) || (await mayOpenElsewhere(context, port, url));
      if (mayOpen) await vscode.env.openExternal(vscode.Uri.parse(url, true));
    },
    'sandlight.copyPortAddress': async (target) => {
      const port = await portTarget(context, target);
      if (port === undefined) return;
      await copyText(isTcp(port) ? await externalAddress(port) : reachableAddress(port.binding));
    },
  };
}

function urlOf(scheme: Scheme, { binding }: PortNode): PlainText {
  return plain`${scheme}://${reachableAddress(binding)}/`;
}

/** Asks before the browser is sent to a machine that only the guest has named. */
async function mayOpenElsewhere(
  { registry }: CommandContext,
  { sandboxId, binding }: PortNode,
  url: PlainText,
): Promise<boolean> {
  const name = registry.get(sandboxId)?.name ?? l10n.t('(no name)');
  const answer = await ask(
    l10n.t('Open {0} in the browser?', url),
    l10n.t(
      'The address was named by the guest {0}. It is none of the addresses of this machine, so another machine may answer there.',
      name,
    ),
    // What Enter does is harmless.
    { copy: l10n.t('Copy Address'), open: l10n.t('Open Anyway') },
  );
  if (answer === 'copy') await copyText(reachableAddress(binding));
  return answer === 'open';
}

/** The port whose row has the keyboard, which is selected and opened or closed as by any Enter; `undefined` on other rows. */
async function focusedPort({ tree }: CommandContext): Promise<PortNode | undefined> {
  await tree.openFocused();
  const node = tree.selected();
  return node?.kind === 'port' ? node : undefined;
}

/** What can be done with a port: a browser opens it, or a client is given its address. */
type Use =
  | { readonly kind: 'open'; readonly scheme: Scheme }
  /** `prefix` stands in front of the address; it may be empty. */
  | { readonly kind: 'copy'; readonly prefix: PlainText };

/** How a port is used: as its number and image tell, else asked, and asked once where a browser is to open it. */
async function useOf(context: CommandContext, port: PortNode): Promise<Use | undefined> {
  const { memory } = context;
  const { binding } = port;
  const image = containerFinder(context)(port).facts?.image ?? plain``;
  const isDatabase = purposeOf(binding, image) === 'database';
  const key = `scheme/${port.sandboxId}/${binding.containerPort}`;
  const known = (isDatabase ? undefined : guessScheme(binding)) ?? memory.get<unknown>(key);
  if (known === 'http' || known === 'https') return { kind: 'open', scheme: known };
  const address = reachableAddress(binding);
  const clientScheme = clientSchemeOf(binding);
  const prefixes = [plain``, ...(clientScheme === undefined ? [] : [plain`${clientScheme}://`])];
  const copying = prefixes.map((prefix) => ({
    label: l10n.t('Copy {0}', plain`${prefix}${address}`),
    value: { kind: 'copy', prefix } as const,
  }));
  const opening = (['http', 'https'] as const).map((scheme) => ({
    label: l10n.t('Open {0}', urlOf(scheme, port)),
    value: { kind: 'open', scheme } as const,
  }));
  const choice = await pick<Use>(
    l10n.t('What is port {0} used for?', plain`${binding.containerPort}`),
    isDatabase ? [...copying, ...opening] : [...opening, ...copying],
  );
  if (choice?.kind === 'open') await memory.update(key, choice.scheme);
  return choice;
}

/**
 * The address as it is reached from where the user sits, which in a remote window may be a forwarded port: `host:port`,
 * or a URL where the way leads through a path.
 */
async function externalAddress(port: PortNode): Promise<string> {
  const uri = vscode.Uri.parse(urlOf(guessScheme(port.binding) ?? 'http', port), true);
  const { authority, path, query } = await vscode.env.asExternalUri(uri);
  return path.length > 1 || query !== '' ? uri.with({ authority, path, query }).toString(true) : authority;
}
