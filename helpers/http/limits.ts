/** How long to wait and how much to take, before a place is given up. */
export interface Limits {
  readonly connectMs: number
  /** A place that sends less than `SLOWEST` bytes in this time has stalled. */
  readonly idleMs: number
  /** The same, in proportion, where another place is left to be asked: that is asked first then, and this one after it. */
  readonly stallMs: number
  /** How long a place may say nothing before the next one is asked as well. */
  readonly nextAfterMs: number
  /** How often one place is asked, as long as it fails in a way that may pass. */
  readonly attempts: number
  /** The pause before the second attempt; it doubles before every further one. */
  readonly backoffMs: number
  /** The longest pause a server may ask for by Retry-After. */
  readonly retryAfterMs: number
  readonly redirects: number
  /** The largest source. A place that sends more is lying. */
  readonly maxBytes: number
  /** What is left free on the disk. */
  readonly reserveBytes: number
}

export const LIMITS: Limits = {
  connectMs: 10_000,
  idleMs: 30_000,
  stallMs: 5_000,
  nextAfterMs: 2_000,
  attempts: 3,
  backoffMs: 1_000,
  retryAfterMs: 30_000,
  redirects: 10,
  maxBytes: 16 * 2 ** 30,
  reserveBytes: 16 * 2 ** 20,
}

export const SLOWEST = 1024

/** The same where another place is left, which may have the source at once, while this one would take days; in `idleMs`, too. */
export const SLOWEST_OF_MANY = 64 * 1024
