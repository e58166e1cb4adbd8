// A plugin of StrykerJS: leaves alone the words of messages, which tests do not repeat. Everything else is mutated.

/** What makes text from our own words: `l10n.t('...')`, and `plain` before a template. */
function makesText({ node }) {
  if (node.type === 'TaggedTemplateExpression') return node.tag.name === 'plain';
  if (node.type !== 'CallExpression') return false;
  const { object, property } = node.callee;
  return object?.name === 'l10n' && property.name === 't';
}

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'words',
    value: {
      shouldIgnore: (path) => {
        const isWords = path.isStringLiteral() || path.isTemplateLiteral();
        return isWords && path.parentPath !== null && makesText(path.parentPath)
          ? 'Words of a message.'
          : undefined;
      },
    },
  },
];
