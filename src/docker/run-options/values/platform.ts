import {BadValueError} from '../../../errors.js'

const SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux macos nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
)
const MACHINES = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
)
/** Other names of machines, and the variant that the name says. */
const ALIASES: Readonly<Record<string, readonly [string, string?]>> = {
  i386: ['386', ''],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
}
/** Variants that may be said without their letter. */
const NUMBERED: Readonly<Record<string, readonly string[]>> = {arm: ['5', '6', '7', '8'], arm64: ['8']}
const OF_NODE: Readonly<Record<string, string>> = {x64: 'amd64', ia32: '386'}

/**
 * `--platform OS[/MACHINE[/VARIANT]]` or `MACHINE`, in the spelling that images have (OCI image specification, image
 * index): `linux/x86_64` is `linux/amd64`. Empty is none.
 *
 * @throws {BadValueError}
 */
export function platform(value: string, option: string): string | undefined {
  if (value === '') return undefined
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  const [first = '', ...rest] = value.toLowerCase().split('/')
  const system = first.replace(/\([\w.-]*\)$/, '')
  if (rest.length > 2 || !/^[\w-]+$/.test(system) || rest.some((part) => !/^[\w.-]+$/.test(part)))
    bad('use OS/MACHINE or OS/MACHINE/VARIANT, as in linux/arm64')
  const [second, variant] = rest
  if (second !== undefined) return spelled(system, second, variant)
  if (SYSTEMS.has(system)) return spelled(system, OF_NODE[process.arch] ?? process.arch, undefined)
  if (!MACHINES.has(machineOf(system)[0])) bad(`${system} is neither an operating system nor a machine`)
  return spelled('linux', system, undefined)
}

function machineOf(name: string): readonly [string, string?] {
  return (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined) ?? [name]
}

function spelled(system: string, name: string, given: string | undefined): string {
  const [machine, meant] = machineOf(name)
  const numbers = Object.hasOwn(NUMBERED, machine) ? NUMBERED[machine] : undefined
  const variant = meant ?? (given !== undefined && numbers?.includes(given) ? `v${given}` : given)
  // What a machine is at least is not said, unless somebody did.
  const isPlain =
    (machine === 'amd64' && variant === 'v1') || (machine === 'arm' && variant === 'v7' && given === undefined)
  const parts = [system === 'macos' ? 'darwin' : system, machine, ...(isPlain || !variant ? [] : [variant])]
  return parts.join('/')
}
