/** Does `work` for 0 … count - 1, `workers` at a time. */
export async function inParallel(workers: number, count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(workers, count) }, async () => {
      while (next < count) await work(next++)
    }),
  )
}
