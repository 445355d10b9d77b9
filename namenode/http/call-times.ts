/**
 * How many RPC calls ended how, and how long they took, for Prometheus. Counted here and written only when somebody asks:
 * the library looks its series up by a hash of their labels for each observation, two of them for each call, which was a
 * twentieth of what a stat costs the server.
 */
import type { CallStatistics } from '../../shared/hadoop/ipc-server.js'

/** Upper bounds; what takes longer counts for the last bucket, `+Inf`. */
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5]

interface Method {
  readonly outcomes: Map<CallStatistics['outcome'], number>
  /** Calls of each bucket alone; one more than there are bounds. */
  readonly buckets: number[]
  seconds: number
}

export class CallTimes {
  readonly #methods = new Map<string, Method>()

  note({ method: name, durationMs, outcome }: CallStatistics): void {
    const method = this.#methods.get(name) ?? this.#add(name)
    method.outcomes.set(outcome, (method.outcomes.get(outcome) ?? 0) + 1)
    const seconds = durationMs / 1000
    method.seconds += seconds
    let bucket = 0
    while (seconds > (BUCKETS_SECONDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1
    method.buckets[bucket] = (method.buckets[bucket] ?? 0) + 1
  }

  #add(name: string): Method {
    const buckets = Array.from({ length: BUCKETS_SECONDS.length + 1 }, () => 0)
    const method = { outcomes: new Map(), buckets, seconds: 0 }
    this.#methods.set(name, method)
    return method
  }

  /** In the exposition format, with a line break at its end. Names of methods and outcomes need no escaping. */
  text(): string {
    const calls = [
      '# HELP dfs_rpc_calls_total Finished RPC calls by method and outcome (success or an error code).',
      '# TYPE dfs_rpc_calls_total counter',
    ]
    const times = [
      '# HELP dfs_rpc_duration_seconds Time from the receipt of an RPC call to its reply.',
      '# TYPE dfs_rpc_duration_seconds histogram',
    ]
    for (const [name, { outcomes, buckets, seconds }] of this.#methods) {
      for (const [outcome, count] of outcomes) {
        calls.push(`dfs_rpc_calls_total{method="${name}",outcome="${outcome}"} ${count}`)
      }
      let upTo = 0
      for (const [index, count] of buckets.entries()) {
        upTo += count
        const bound = BUCKETS_SECONDS[index] ?? '+Inf'
        times.push(`dfs_rpc_duration_seconds_bucket{le="${bound}",method="${name}"} ${upTo}`)
      }
      times.push(`dfs_rpc_duration_seconds_sum{method="${name}"} ${seconds}`)
      times.push(`dfs_rpc_duration_seconds_count{method="${name}"} ${upTo}`)
    }
    return `${calls.join('\n')}\n\n${times.join('\n')}\n`
  }
}
