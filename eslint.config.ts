import {defineConfig} from 'eslint/config'
import tseslint from 'typescript-eslint'

/** What a folder of src may not import: the arrows of ARCHITECTURE.md, the other way round. */
const FORBIDDEN: Record<string, readonly string[]> = {
  options: ['commands', 'config', 'docker', 'plugins', 'run', 'systemd'],
  systemd: ['commands', 'config', 'docker', 'plugins', 'run'],
  docker: ['commands', 'config', 'plugins', 'run', 'systemd'],
  config: ['commands', 'docker', 'plugins', 'run', 'systemd'],
  plugins: ['commands', 'config', 'hooks'],
  run: ['commands', 'hooks'],
}

export default defineConfig(
  {ignores: ['dist/', 'node_modules/']},
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
  ...Object.entries(FORBIDDEN).map(([folder, others]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: others.map((other) => ({
            group: [`**/${other}/**`],
            message: `src/${folder} does not know src/${other}.`,
          })),
        },
      ] as ['error', object],
    },
  })),
  {
    // A plugin knows the contract, the verbs of docker/ and systemd/, and no other plugin.
    files: ['src/plugins/!(index).ts'],
    rules: {'no-restricted-imports': ['error', {patterns: ['./*', '../commands/**', '../config/**', '../hooks/**']}]},
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: {'@typescript-eslint/no-require-imports': 'off'},
  },
)
