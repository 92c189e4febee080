import type {Rule} from 'eslint'

const COLUMNS = 120

/** Keeps comments as narrow as prettier keeps code, which leaves comments alone. */
export const commentWidthRule: Rule.RuleModule = {
  meta: {type: 'layout', schema: []},
  create(context) {
    const {sourceCode} = context
    return {
      Program() {
        for (const {loc} of sourceCode.getAllComments())
          for (let line = loc?.start.line ?? 1; line <= (loc?.end.line ?? 0); line++)
            if ((sourceCode.lines[line - 1]?.length ?? 0) > COLUMNS)
              context.report({
                loc: {line, column: COLUMNS},
                message: `This comment is wider than ${String(COLUMNS)} columns.`,
              })
      },
    }
  },
}
