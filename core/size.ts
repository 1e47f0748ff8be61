/** A number of bytes for a person: `999 B`, `2.3 MB`, `120 MB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  const step = Math.min(UNITS.length, Math.floor(Math.log10(count) / 3))
  const scaled = count / 1000 ** step
  return `${scaled < 100 ? scaled.toFixed(1) : Math.round(scaled)} ${UNITS[step - 1]}`
}

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const
