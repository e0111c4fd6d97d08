import type { Config } from '../config.ts'
import type { StopRequest } from '../stop-request.ts'
import type { Screen } from '../terminal/screen.ts'

/** What every command has at hand. */
export interface Command {
  readonly config: Config
  readonly screen: Screen
  readonly stop: StopRequest
}
