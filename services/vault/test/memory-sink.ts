import type { CheckpointSink, SinkReader } from '../src/audit/sink.ts'

/** A sink that forgets everything with its process, and can be taken down. */
export interface MemorySink extends CheckpointSink {
  readonly lines: string[]
  down: boolean
}

export function memorySink(): MemorySink {
  const read = new WeakMap<SinkReader, number>()
  const check = () => {
    if (sink.down) throw new Error('the sink is down')
  }
  const sink: MemorySink = {
    lines: [],
    down: false,
    async read(reader) {
      check()
      if (!read.has(reader)) reader.restart()
      for (const text of sink.lines.slice(read.get(reader) ?? 0)) reader.line(text)
      read.set(reader, sink.lines.length)
    },
    async append(lines) {
      check()
      sink.lines.push(...lines.map((text) => text.trimEnd()))
    },
    async probe() {
      check()
    },
  }
  return sink
}
