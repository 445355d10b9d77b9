/** How long names and paths may be, as in HDFS (protocol reference 0.4). The namenode enforces them, URLs are refused early. */

export const MAX_COMPONENT_BYTES = 255
export const MAX_PATH_CHARACTERS = 8000
export const MAX_PATH_LEVELS = 1000
