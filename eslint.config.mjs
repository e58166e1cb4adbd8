import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { zones } from './scripts/zones.mjs';

/** Only the border makes text that may be shown, and addresses that may be used. */
const onlyBorder = {
  selector: 'TSAsExpression > TSTypeReference[typeName.name=/^(PlainText|IpAddress)$/]',
  message: 'Use plainText(), quoted(), plain`...`, l10n.t() or ipAddress(); reviewed() says why in words.',
};
/** What VS Code shows beside the views takes only text that may be shown. */
const onlyNotify = {
  selector:
    'MemberExpression[property.name=/^(show(Information|Warning|Error)Message|showQuickPick|showInputBox|createQuickPick|createInputBox|setStatusBarMessage|withProgress|createOutputChannel)$/]',
  message: 'Use src/host/notify.ts, which takes only text that may be shown.',
};
/** Sentences are translated by `l10n.t` of the base, which makes text that may be shown. */
const onlyLanguage = {
  selector: "MemberExpression[object.name='vscode'][property.name='l10n']",
  message: 'Use src/base/l10n.ts.',
};

/** It leaves something behind in each of its signals, until they abort, on Node 20 and 22. */
const noSignalAny = {
  selector: "MemberExpression[object.name='AbortSignal'][property.name='any']",
  message: 'Use linkAbort() of src/base/abort.ts, which takes its listeners away again.',
};

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '.vscode-test/', 'src/agent/generated/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Only the shells around VS Code may know it.
    files: ['src/{base,agent,sandboxes,guest,cli,docker}/**'],
    rules: { 'no-restricted-imports': ['error', { paths: ['vscode'] }] },
  },
  {
    files: ['src/**'],
    ignores: ['src/base/{text,l10n,ip-address}.ts', 'src/host/{notify,quick-input,language}.ts'],
    rules: { 'no-restricted-syntax': ['error', onlyBorder, onlyNotify, onlyLanguage, noSignalAny] },
  },
  {
    files: ['src/host/{notify,quick-input}.ts'],
    rules: { 'no-restricted-syntax': ['error', onlyBorder, onlyLanguage, noSignalAny] },
  },
  {
    files: ['src/host/language.ts'],
    rules: { 'no-restricted-syntax': ['error', onlyBorder, onlyNotify, noSignalAny] },
  },
  {
    files: ['src/agent/wire/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            'vscode',
            'node:net',
            'node:tls',
            'node:fs',
            'node:stream',
            'node:timers',
            'node:child_process',
          ],
        },
      ],
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate'],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['scripts/**', 'test/bench/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      globals: { exports: 'readonly', process: 'readonly', require: 'readonly', setInterval: 'readonly' },
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
);
