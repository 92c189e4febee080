import {grammarOf, PARTS, spellingsOf, type Part} from './parts.js'
import {shellWord} from './shell-word.js'
import {fillTemplate} from './template.js'

/** The completion of bash. */
export async function bashCompletion(): Promise<string> {
  return await fillTemplate('completions/systemd-docker.bash', {
    PARTS: PARTS.map((part) => {
      const {valued, letters} = grammarOf(part)
      const lists = {
        commands: Object.keys(part.commands),
        options: part.options.map(({name}) => `--${name}`),
        valued,
        letters,
      }
      const set = Object.entries(lists).flatMap(([name, words]) =>
        words.length === 0 ? [] : [`${name}=(${words.join(' ')})`],
      )
      return `${shellWord(part.command)}) ${set.join(' ')} ;;`
    }),
    VALUES: PARTS.flatMap(({command, options, argument}) => [
      ...options.flatMap((option) => {
        const patterns = spellingsOf(option).map((spelling) => shellWord(`${command} ${spelling}`))
        return caseOf(patterns.join(' | '), option.completion)
      }),
      ...caseOf(shellWord(`${command} `), argument),
    ]),
  })
}

/** Files are left to bash itself. What docker's client says of its options is asked for in one place, by hand. */
function caseOf(pattern: string, completion: Part['argument']): string[] {
  if (completion === 'none' || completion === 'docker') return []
  if (completion === 'files') return [`${pattern}) compopt -o default ;;`]
  if (typeof completion === 'string') return [`${pattern}) _systemd_docker_${completion} ;;`]
  return [`${pattern}) words=(${completion.map(shellWord).join(' ')}) ;;`]
}
