interface Replacement {
  /** From the project's folder. */
  readonly file: string
  /** Must be there exactly once. */
  readonly find: string
  readonly replace: string
}

/** A bug to be put into the code, to be found again. */
export interface PlantedBug extends Replacement {
  readonly name: string
  readonly about: string
  /** Further places of the same mistake. */
  readonly also?: readonly Replacement[]
  /** The first seed to try. */
  readonly seed: number
}

export const PLANTED_BUGS: readonly PlantedBug[]
