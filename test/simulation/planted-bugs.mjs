/**
 * Bugs that somebody might make, as replacements of one text in one file. Each must be found by a few seeds
 * (planted-bugs.test.ts): a simulation that finds nothing shows nothing. When the code of such a place changes, its
 * text here changes with it.
 */
export const PLANTED_BUGS = []
