import {dirname, relative, resolve} from 'node:path'
import type {Rule} from 'eslint'
import {FLOORS, floorOf} from './floors.js'

const SOURCE = resolve(import.meta.dirname, '../src')

/** Holds every import of src to {@link FLOORS}. */
export const floorsRule: Rule.RuleModule = {
  meta: {type: 'problem', schema: []},
  create(context) {
    const own = floorOf(relative(SOURCE, context.filename))
    const check = (node: Rule.Node, specifier: unknown): void => {
      if (typeof specifier !== 'string' || !specifier.startsWith('.') || own === undefined) return
      const path = relative(SOURCE, resolve(dirname(context.filename), specifier)).replace(/\.js$/, '.ts')
      const other = floorOf(path)
      if (other?.path === own.path || own.uses.includes(other?.path ?? '')) return
      context.report({
        node,
        message: `src/${own.path} may not use ${other === undefined ? path : `src/${other.path}`}; see lint/floors.ts.`,
      })
    }
    return {
      Program(node) {
        if (own === undefined)
          context.report({
            node,
            message: `There is no floor for this file among ${FLOORS.map(({path}) => path).join(', ')}; see lint/floors.ts.`,
          })
      },
      ImportDeclaration(node) {
        check(node, node.source.value)
      },
      ExportNamedDeclaration(node) {
        check(node, node.source?.value)
      },
      ExportAllDeclaration(node) {
        check(node, node.source.value)
      },
      ImportExpression(node) {
        check(node, node.source.type === 'Literal' ? node.source.value : undefined)
      },
    }
  },
}
