/** @param dfs path of the command */
export function startOnce(dfs: string): Promise<void>
