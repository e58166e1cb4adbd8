/**
 * Texts from guests and settings, made inert for the places where VS Code gives some characters a meaning: `$(name)` becomes
 * an icon in the status bar and in quick picks, `[text](command:...)` a link in notifications and messages. Control and
 * bidirectional characters are already gone from what a snapshot holds.
 */
export function inert(text: string): string {
  return text.replaceAll('$(', '$ (').replaceAll('](', '] (');
}

/** A text whose endpoints and setting names may be broken over lines: a narrow view cuts words that are too long for it. */
export function breakable(text: string): string {
  return text.replaceAll(/[./:](?=\w)/g, '$&\u200b');
}
