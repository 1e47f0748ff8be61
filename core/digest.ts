import { hash } from 'node:crypto'

declare const brand: unique symbol

/** A sha256 in 64 lower-case hexadecimal digits. */
export type Sha256 = string & { readonly [brand]: 'Sha256' }

export const isSha256 = (text: string): text is Sha256 => /^[0-9a-f]{64}$/.test(text)

export const sha256 = (data: string | Uint8Array): Sha256 => hash('sha256', data, 'hex') as Sha256
