/** @param values Not empty. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @returns The value below which a share of them lies, by the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0) throw new RangeError('a quantile of nothing')
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}

/**
 * Times computing in rounds, by the processor time of this process: what else the machine does meanwhile does not count.
 *
 * @param work May be asynchronous; the next call waits for the one before.
 * @returns Microseconds for one call, of each round but the first, which warms caches and compilers.
 */
export async function timeCalls(
  work: () => unknown,
  { rounds, calls }: { readonly rounds: number; readonly calls: number },
): Promise<number[]> {
  const micros: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage()
    for (let call = 0; call < calls; call++) {
      const pending = work()
      if (pending instanceof Promise) await pending
    }
    const { user, system } = process.cpuUsage(before)
    if (round > 0) micros.push((user + system) / calls)
  }
  return micros
}
