/** One thing that was made different for a build: what it is, and its values in either. */
export interface Variation {
  readonly what: string
  readonly here: string
  readonly there: string
}
