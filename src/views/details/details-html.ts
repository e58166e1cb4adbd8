/** What the panel's page is made of. */
export interface PageParts {
  /** Where the page may load from, as VS Code's webview says it. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Allows the one script; different for every page. */
  readonly nonce: string;
  /** Language of the texts. */
  readonly language: string;
  readonly title: string;
}

/** The panel's page: empty but for what its script fills in. It can load its own style sheet and script and nothing else. */
export function detailsHtml(parts: PageParts): string {
  const { cspSource, scriptUri, styleUri, nonce, language, title } = parts;
  const policy = [
    "default-src 'none'",
    `style-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)}</title>
    <link rel="stylesheet" href="${escape(styleUri)}">
  </head>
  <body>
    <main></main>
    <script nonce="${nonce}" src="${escape(scriptUri)}"></script>
  </body>
</html>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
