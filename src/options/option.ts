/** How many values an option takes: a switch, one value (the last one wins), or one value each time it is given. */
export type OptionKind = 'boolean' | 'string' | 'list'

/** An option as a plugin declares it: what is needed to parse it, to default it and to explain it. */
export interface OptionDeclaration {
  readonly kind: OptionKind
  /** The one-letter form, without its dash. */
  readonly char?: string
  /** What a switch takes besides `true` and `false`: how it is on, as in `--notify=raw`. */
  readonly modes?: readonly string[]
  /** What it is called in its plugin's section of the configuration, where that is not its long name. */
  readonly key?: string
  /** One line for `--help`. */
  readonly summary: string
  /** What stands for the value in `--help`, for example `PATH`. */
  readonly valueName?: string
  /** What is in force when nobody says anything; absent means off, no value, or an empty list. */
  readonly default?: boolean | string | readonly string[]
}

/** Declared options by their long name, without dashes. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>

/** What an option of each kind comes to; one value is none where nobody has said any. */
interface ValueOfKind {
  readonly boolean: boolean
  readonly string: string | undefined
  readonly list: readonly string[]
}

/**
 * The values that declared options come to, by long name. Where it is not known which options these are, each may be of
 * any kind.
 */
export type OptionValues<Declarations extends OptionDeclarations> = {
  readonly [Name in keyof Declarations]: ValueOfKind[Declarations[Name]['kind']] | ModeOf<Declarations[Name]>
}

type ModeOf<Declaration> = Declaration extends {readonly modes: readonly (infer Mode)[]} ? Mode : never

/** One value of any option, as it is in force. */
export type OptionValue = ValueOfKind[OptionKind]
