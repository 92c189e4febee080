import type {BuildOptions} from 'esbuild'

/** The checkout. */
export const ROOT: string
/** The options of esbuild for all of dist, or for other entry points that are bundled like it. */
export function bundleOptions(entryPoints?: Readonly<Record<string, string>>, outdir?: string): BuildOptions
