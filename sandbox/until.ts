const BETWEEN_MS = 50

/**
 * Asks again and again until there is an answer, for so many milliseconds at most.
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
    slowest = Math.max(slowest, now - before)
    if (now - begun > milliseconds) {
      const questions = `${String(asked)} questions, the slowest of which took ${slowest.toFixed(0)} ms`
      throw new Error(`not within ${String(milliseconds)} ms (${questions})`)
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS))
  }
}
