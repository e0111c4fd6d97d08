import { isAbsolute, relative, sep } from 'node:path'

/** @returns A path as a person at `cwd` would type it: short below it, whole elsewhere. */
export function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path)
  if (short === '') return '.'
  return isAbsolute(short) || short === '..' || short.startsWith(`..${sep}`) ? path : short
}
