/**
 * Waits for what has to come to an end, and not for ever: a job whose database is gone is tried to be given back again and again, and
 * would keep the process. What is left behind then is taken up by the next one, as after a kill.
 *
 * @returns False when the time was over first.
 */
export async function endInTime(ending: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, withinMs, false)
  })
  try {
    return await Promise.race([ending.then(() => true), overdue])
  } finally {
    clearTimeout(timer)
  }
}
