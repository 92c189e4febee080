import type {Booted, Guest} from './guest.js'

/** Boots a host, lets `use` have it, and shuts it down however that ends, by Ctrl-C too. */
export async function withGuest(boot: () => Promise<Booted>, use: (guest: Guest) => Promise<void>): Promise<void> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        reject(new Error(`ended by ${signal}`))
      })
  })
  interrupted.catch(() => undefined)
  const {guest, shutDown} = await boot()
  try {
    await Promise.race([use(guest), interrupted])
  } finally {
    await shutDown()
  }
}
