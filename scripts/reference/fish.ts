import type {ReferenceOption} from './options.js'
import {brief, grammarOf, PARTS} from './parts.js'
import {fillTemplate} from './template.js'

/** The completion of fish. */
export async function fishCompletion(): Promise<string> {
  return await fillTemplate('completions/systemd-docker.fish', {
    PARTS: PARTS.flatMap((part) => {
      const {valued, letters} = grammarOf(part)
      const lists = {commands: Object.keys(part.commands), valued, letters}
      return [
        `case ${fishWord(part.command)}`,
        ...Object.entries(lists).flatMap(([name, words]) =>
          words.length === 0 ? [] : [`    set ${name} ${words.join(' ')}`],
        ),
      ]
    }),
    COMPLETIONS: PARTS.flatMap(({command, commands, options, argument}) => {
      const behind = `__systemd_docker_behind ${fishWord(command)}`
      return [
        // Options that stand before a command are those of `run`.
        ...Object.entries(commands).map(([name, summary]) =>
          complete(command === '' && name !== 'run' ? '__systemd_docker_first' : behind, `-a ${name}`, summary),
        ),
        ...options.map((option) => complete(behind, wordsOf(option), option.text)),
        ...(ARGUMENTS[String(argument)] ?? []).map((words) => complete(behind, words)),
      ]
    }),
  })
}

/** What completes arguments. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  containers: [`-a '(__systemd_docker_ask container ls --all --format "{{.Names}}")'`],
  files: ['-F'],
  images: [`-a '(__systemd_docker_ask image ls --format "{{.Repository}}:{{.Tag}}")'`],
}

/** A call of complete(1). */
function complete(condition: string, words: string, text?: string): string {
  const description = text === undefined ? [] : ['-d', fishWord(brief(text))]
  return ['complete', '-c', 'systemd-docker', '-n', fishWord(condition), words, ...description].join(' ')
}

function wordsOf({name, char, takes, completion}: ReferenceOption): string {
  const names = [...(char === undefined ? [] : ['-s', char]), '-l', name].join(' ')
  if (completion === 'files') return `${names} -r -F`
  const words = completion === 'docker' ? `(__systemd_docker_ask __completeNoDesc run --${name} "")` : completion
  const values = typeof words === 'string' ? words : words.join(' ')
  if (takes === 'nothing') return names
  return `${names}${takes === 'value' ? ' -x' : ''}${values === 'none' ? '' : ` -a ${fishWord(values)}`}`
}

/** A word of fish, whatever is in it (fish-language(1), "Quotes"). */
function fishWord(text: string): string {
  return /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
