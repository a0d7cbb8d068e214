import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Layers: shared <- api <- domain <- events <- live <- features <- app. A file imports its own layer and those before
// it; src/imports.test.ts also forbids cycles. The generated schema belongs to no layer.
const layers = ['shared', 'api', 'domain', 'events', 'live', 'features', 'app'];
const above = (layer) =>
  layers.slice(layers.indexOf(layer) + 1).map((each) => ({
    regex: `/${each}/${each === 'api' ? '(?!schema$)' : ''}`,
    message: `${layer} is below ${each} and never imports it.`,
  }));
// Inside a feature a sibling feature is always reached as '../<other>/…'.
const sibling = {
  group: ['../*/**', '!../../**', '../../features/**'],
  message: 'A feature never imports another feature: what two need is in domain.',
};
// Calls, query keys and mutations are written in src/api, one file for each resource.
const transport = {
  group: ['**/api/call', '**/api/authorized-request', '**/api/keys', '**/api/refresh', '**/api/write', '**/api/list'],
  message: 'Only src/api calls the server: add the call to the file of its resource.',
};
// The component library is imported by the controls only, so that it can change in one folder.
const library = {
  group: ['@mantine/*', '@base-ui/*'],
  message: 'Use a control of shared/ui/controls, or make one there.',
};
const tanstack = {
  name: '@tanstack/react-query',
  importNames: ['useMutation', 'queryOptions', 'infiniteQueryOptions', 'mutationOptions'],
  message: 'Options and mutations are made in src/api: add them to the file of their resource.',
};
const imports = (patterns, paths = [tanstack]) => ({ 'no-restricted-imports': ['error', { patterns, paths }] });
const noKeys = {
  'no-restricted-syntax': [
    'error',
    {
      selector: "Property[key.name='queryKey'], Property[key.name='mutationFn'], Property[key.name='queryFn']",
      message: 'Query keys and functions are in src/api: use the options of the resource.',
    },
    {
      selector: "CallExpression[callee.property.name='invalidateQueries']",
      message: 'Use refresh() of src/api.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', '*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // An arrow that only calls a setter is the shortest way to say it.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A rest that leaves one member out names it.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // JSX handlers may be async: React ignores what they return.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      // The router throws redirects, which are not errors.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
    },
  },
  { files: ['src/**/*.tsx'], ...jsxA11y.flatConfigs.strict },
  { files: ['src/**/*.{ts,tsx}'], ...reactHooks.configs.flat['recommended-latest'] },
  { files: ['src/**'], rules: imports([library]) },
  { files: ['src/shared/**'], rules: imports([library, ...above('shared')]) },
  { files: ['src/shared/ui/controls/**'], rules: imports(above('shared')) },
  { files: ['src/api/**'], rules: imports([library, ...above('api')], []) },
  { files: ['src/domain/**'], rules: imports([library, ...above('domain'), transport]) },
  // Events name the keys of what they change, and messages of the connection refresh those.
  { files: ['src/events/**'], rules: imports([library, ...above('events')]) },
  { files: ['src/live/**'], rules: imports([library, ...above('live')]) },
  { files: ['src/features/**'], rules: imports([library, ...above('features'), transport, sibling]) },
  { files: ['src/**/*.{ts,tsx}'], ignores: ['src/api/**', 'src/**/*.test.{ts,tsx}', 'src/test/**'], rules: noKeys },
  { files: ['src/**/*.test.{ts,tsx}'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['public/**/*.js'],
    languageOptions: { globals: globals.browser, sourceType: 'script' },
    rules: { 'no-unused-vars': ['error', { caughtErrors: 'none' }] },
  },
);
