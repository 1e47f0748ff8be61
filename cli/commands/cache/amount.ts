import { ok, type Result, refuse } from '../../../core/result.ts'

/** Reads an amount of bytes as people write it: `0`, `800M`, `20G`, `1.5TB`, in steps of 1000, or `20GiB` of 1024. */
export function readAmount(text: string): Result<number, string> {
  const [, digits = '', unit = '', step = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([kmgt]?)(i?b|)$/i.exec(text) ?? []
  if (digits === '' || (step.length === 2 && unit === '')) return refuse('it is not like 800M, 20G or 1.5T')
  const power = unit === '' ? 0 : 'kmgt'.indexOf(unit.toLowerCase()) + 1
  return ok(Math.floor(Number(digits) * (step.length === 2 ? 1024 : 1000) ** power))
}
