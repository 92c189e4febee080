import {defineConfig} from 'eslint/config'
import tseslint from 'typescript-eslint'
import {commentWidthRule} from './lint/comment-width-rule.js'
import {floorsRule} from './lint/floors-rule.js'

export default defineConfig(
  {ignores: ['dist/', 'node_modules/', 'release/']},
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        {object: 'process', property: 'exit', message: 'Only the entry point ends the process.'},
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        {ignoreVoidOperator: true, ignoreArrowShorthand: true},
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {files: ['src/main.ts', 'scripts/**', 'sandbox/*.ts', 'bench/*.ts'], rules: {'no-restricted-properties': 'off'}},
  {
    plugins: {house: {rules: {floors: floorsRule, 'comment-width': commentWidthRule}}},
    rules: {'house/comment-width': 'error'},
  },
  {files: ['src/**/*.ts'], rules: {'house/floors': 'error'}},
  {
    // A plugin knows no other plugin.
    files: ['src/plugins/!(index).ts'],
    rules: {'no-restricted-imports': ['error', {patterns: ['./*']}]},
  },
  {
    // A hook with an answer that it need not give may also return nothing at all, as `async` functions without a
    // `return` do.
    files: ['src/pipeline/contract.ts'],
    rules: {'@typescript-eslint/no-invalid-void-type': 'off'},
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: {'@typescript-eslint/no-require-imports': 'off'},
  },
)
