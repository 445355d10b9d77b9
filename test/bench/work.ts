/** What a client is asked to do, the same for every client and every cluster. */

export type Operation =
  | 'put'
  | 'get'
  | 'pread'
  | 'create'
  | 'stat'
  | 'mkdir'
  | 'rename'
  | 'delete'
  /** Removes the whole folder. */
  | 'clear'

export interface Work {
  readonly operation: Operation
  /** Files are `<folder>/t<thread>/f<index>`. */
  readonly folder: string
  readonly threads: number
  /** Operations of all threads together. */
  readonly count: number
  /** Of each file (put) or piece (pread); otherwise without meaning. */
  readonly bytes: number
}

/** Who does the work. */
export interface Worker {
  readonly name: string
  /** Its process. */
  readonly pid: number
  /** Resolves with the seconds that it took. */
  run(fs: string, work: Work): Promise<number>
  stop(): Promise<void>
}
