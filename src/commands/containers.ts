import * as l10n from '../base/l10n.ts';
import type { PlainText } from '../base/text.ts';
import { pick, tell } from '../host/notify.ts';
import { containerName } from '../views/container-name.ts';
import type { TreeNode } from '../views/tree/node.ts';
import { containerDetail, containerFinder, type ContainerPlace } from './container-finder.ts';
import { copyText } from './clipboard.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { rowOf } from './target.ts';

/** Commands on containers. */
export function containerCommands(
  context: CommandContext,
): CommandFamily<'sandlight.copyContainerId' | 'sandlight.copyContainerName'> {
  return {
    'sandlight.copyContainerId': async (target) => {
      const place = await containerTarget(context, target);
      if (place !== undefined) await copyText(place.containerId);
    },
    'sandlight.copyContainerName': async (target) => {
      const place = await containerTarget(context, target);
      if (place !== undefined) await copyText(containerName(containerFinder(context)(place)));
    },
  };
}

/** The container a command is meant for: that of the row, which may be the row of a port, else the one the user picks. */
async function containerTarget(
  context: CommandContext,
  target: unknown,
): Promise<ContainerPlace | undefined> {
  const node = await rowOf(context, target);
  if (node !== undefined && isOfContainer(node)) return node;
  const choices = context.registry.list().flatMap(({ id: sandboxId, name, ports }) =>
    (ports.kind === 'known' ? ports.book.containers : [])
      .filter(({ containerId }) => containerId !== '')
      .map(({ containerId, facts }) => ({
        label: containerName({ containerId, facts }),
        description: name,
        detail: containerDetail({ containerId, facts }),
        value: { sandboxId, containerId },
      })),
  );
  if (choices.length === 0) {
    tell(l10n.t('No container is known.'));
    return undefined;
  }
  return pick(l10n.t('Which container?'), choices);
}

function isOfContainer(node: TreeNode): node is Extract<TreeNode, { containerId: PlainText }> {
  return (node.kind === 'container' || node.kind === 'port') && node.containerId !== '';
}
