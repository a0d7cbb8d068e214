import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Layers import in one direction: shared <- events <- live <- features <- app.
// Each entry names the layers that the files of a layer must not import. The
// component library is imported by the controls only, so that it can change in one folder.
const library = [['@mantine/*', '@base-ui/*'], 'Use a control of shared/ui/controls, or make one there.'];
const forbid = (...layers) => forbidOnly(library, ...layers);
const forbidOnly = (...layers) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: layers.map(([group, message]) => ({ group, message })),
    },
  ],
});
const app = [['**/app/**', '../app/*'], 'Nothing but main.tsx imports app.'];
const features = [['**/features/**'], 'Features are imported by app only.'];
const live = [['**/live/**', '../live', '../live/*'], 'live is imported by features and app only.'];
const events = [['**/events/**', '../events', '../events/*'], 'events is imported by live, features and app only.'];
// Inside a feature a sibling feature is always reached as '../<other>/…'.
const sibling = [['../*/**', '!../../**', '../../features/**'], 'A feature never imports another feature.'];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'src/api/schema.d.ts'] },
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
  { files: ['src/**'], rules: forbid() },
  { files: ['src/shared/**'], rules: forbid(app, features, live, events) },
  { files: ['src/shared/ui/controls/**'], rules: forbidOnly(app, features, live, events) },
  { files: ['src/events/**'], rules: forbid(app, features, live) },
  { files: ['src/live/**'], rules: forbid(app, features) },
  { files: ['src/features/**'], rules: forbid(app, sibling) },
  {
    files: ['public/**/*.js'],
    languageOptions: { globals: globals.browser, sourceType: 'script' },
    rules: { 'no-unused-vars': ['error', { caughtErrors: 'none' }] },
  },
);
