import type { CommandContext, CommandFamily } from './context.ts';

/** Under which name it is remembered, as a boolean. */
const memoryKey = 'ports.byContainer';

/** Groups the ports as they were grouped last. */
export function restorePortGrouping({ tree, memory }: Pick<CommandContext, 'memory' | 'tree'>): void {
  tree.groupPorts(memory.get<unknown>(memoryKey) === true);
}

/** Commands that group the ports in the tree, for every window from its next start on. */
export function portGroupingCommands({
  tree,
  memory,
}: CommandContext): CommandFamily<'sandlight.groupPorts' | 'sandlight.listPorts'> {
  const group = async (byContainer: boolean): Promise<void> => {
    tree.groupPorts(byContainer);
    await memory.update(memoryKey, byContainer);
  };
  return {
    'sandlight.groupPorts': () => group(true),
    'sandlight.listPorts': () => group(false),
  };
}
