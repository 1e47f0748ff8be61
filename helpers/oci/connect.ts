import type { Env } from '../../core/env.ts'
import type { Message } from '../../core/message.ts'
import { ok, type Result } from '../../core/result.ts'
import { connections } from '../http/http.ts'
import { LIMITS, type Limits } from '../http/limits.ts'
import { findCredentials } from './credentials.ts'
import { Session } from './session.ts'

export interface Connected {
  readonly session: Session
  readonly limits: Limits
  /** Lets go of the connections. */
  close(): Promise<void>
}

interface ConnectOptions {
  /** For the proxies and the passwords of registries. */
  readonly env: Env
  /** Plain http with a registry that is not this machine. */
  readonly insecure?: boolean
  /** Believed in place of those that node read when it started. */
  readonly certificates?: readonly string[]
  readonly limits?: Limits
}

/** A conversation with a registry as the user: through his proxies, and with his password. */
export function connect(
  registry: string,
  { env, insecure, certificates = [], limits = LIMITS }: ConnectOptions,
): Result<Connected, Message> {
  const opened = connections(env, limits, certificates)
  if (!opened.ok) return opened
  const dispatcher = opened.value
  const session = new Session(registry, {
    dispatcher,
    limits,
    credentials: (name, signal) => findCredentials(name, env, signal),
    ...(insecure === undefined ? {} : { insecure }),
  })
  return ok({ session, limits, close: () => dispatcher.destroy() })
}
