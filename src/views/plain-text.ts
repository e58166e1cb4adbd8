/**
 * Texts from guests and settings, made inert for the places where VS Code gives some characters a meaning: `$(name)` becomes
 * an icon in the status bar and in quick picks, `[text](command:...)` a link in notifications and messages. Control and
 * bidirectional characters are already gone from what a snapshot holds.
 */
export function inert(text: string): string {
  return text.replaceAll('$(', '$ (').replaceAll('](', '] (');
}
