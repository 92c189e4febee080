import type {ReferenceOption} from './options.js'
import {brief, PARTS, spellingsOf, type Part} from './parts.js'
import {shellWord} from './shell-word.js'
import {fillTemplate} from './template.js'

/** The completion of zsh. */
export async function zshCompletion(): Promise<string> {
  return await fillTemplate('completions/_systemd-docker', {
    PARTS: PARTS.flatMap(({command, commands, options, others, argument}) => [
      `${shellWord(command)})`,
      ...listOf(
        'subcommands',
        Object.entries(commands).map(([name, summary]) => `${name}:${brief(summary)}`),
      ),
      ...listOf('options', [...options.flatMap(specsOf), ...silent(options, others)]),
      ...listOf('arguments', ARGUMENTS[String(argument)] ?? []),
      '  ;;',
    ]),
  })
}

function listOf(name: string, words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`  ${name}=(`, ...words.map((word) => `    ${shellWord(word)}`), '  )']
}

/** What `_arguments` is told of arguments. What is behind an image is the container's. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  containers: ['1:container:_systemd-docker-containers'],
  files: ['*:file:_files'],
  images: ['1:image:_systemd-docker-images', '*:: : '],
} satisfies Partial<Record<Extract<Part['argument'], string>, string[]>>

/** What `_arguments` is told of an option, once for each of its spellings (zshcompsys(1), "_arguments"). */
function specsOf(option: ReferenceOption): string[] {
  const spellings = spellingsOf(option)
  const text = `[${brief(option.text).replaceAll(/[[\]\\:]/g, String.raw`\$&`)}]`
  const value = `:${escaped(option.value ?? '')}:${actionOf(option)}`
  return spellings.map((spelling) => {
    const isLong = spelling.startsWith('--')
    if (option.takes === 'value') return `*${spelling}${isLong ? '=' : '+'}${text}${value}`
    const once = `(${spellings.join(' ')})${spelling}`
    return option.takes === 'attached' && isLong ? `${once}=-${text}:${value}` : `${once}${text}`
  })
}

/** What `_arguments` is told of options that are not offered; a letter that an offered one has is that one's. */
function silent(options: Part['options'], others: Part['others']): string[] {
  return others.flatMap(({name, char = '', takes}) => {
    const isTaken = char === '' || options.some((option) => option.char === char)
    const [short, long] = takes === 'value' ? [`!-${char}+: : `, `!--${name}=: : `] : [`!-${char}`, `!--${name}`]
    return isTaken ? [long] : [short, long]
  })
}

/** An action that begins with a blank is called with no other words than these. */
function actionOf({name, completion}: ReferenceOption): string {
  if (completion === 'files') return '_files'
  if (completion === 'docker') return ` _systemd-docker-value --${name}`
  return completion === 'none' ? ' ' : ` _systemd-docker-offer ${completion.map(escaped).join(' ')}`
}

function escaped(text: string): string {
  return text.replaceAll(/[\\:]/g, String.raw`\$&`)
}
