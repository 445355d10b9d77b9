/** Who makes a call. Passed to every service call from day one, so that authentication can come without a rewrite. */
export interface Principal {
  readonly user: string
  readonly groups: readonly string[]
  /** The user that runs the namenode, or a member of the supergroup. */
  readonly isSuperuser: boolean
}
