/** Asks again and again until there is an answer, for so many milliseconds at most. */
export async function until<T>(milliseconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const begun = performance.now()
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() - begun > milliseconds) throw new Error(`not within ${String(milliseconds)} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
