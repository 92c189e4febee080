/** How long it pauses at least, in milliseconds. */
const BETWEEN_MS = 50

/**
 * Asks again and again until there is an answer, for so many milliseconds at most. It pauses for as long as the last
 * question took: the questions of many who wait must not keep a busy machine from coming to what they wait for.
 *
 * @throws an error that says how often it asked, and what the slowest question took: it tells a condition that never
 * came from a host that did not answer.
 */
export async function until<T>(milliseconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const begun = performance.now()
  let slowest = 0
  for (let asked = 1; ; asked++) {
    const before = performance.now()
    const answer = await ask()
    if (answer !== undefined) return answer
    const now = performance.now()
    const took = now - before
    slowest = Math.max(slowest, took)
    if (now - begun > milliseconds) {
      const questions = `${String(asked)} questions, the slowest of which took ${slowest.toFixed(0)} ms`
      throw new Error(`not within ${String(milliseconds)} ms (${questions})`)
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(BETWEEN_MS, took)))
  }
}
