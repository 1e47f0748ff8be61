import type { Bill } from './bill.ts'

export type BillFormat = 'cyclonedx' | 'spdx'

export const BILL_FORMATS = ['cyclonedx', 'spdx'] as const satisfies readonly BillFormat[]

/** As registered with IANA. */
export const BILL_TYPE: Readonly<Record<BillFormat, string>> = {
  cyclonedx: 'application/vnd.cyclonedx+json',
  spdx: 'application/spdx+json',
}

/** How the name of such a file ends. */
export const BILL_ENDING: Readonly<Record<BillFormat, string>> = {
  cyclonedx: '.cdx.json',
  spdx: '.spdx.json',
}

export const billText = async (bill: Bill, format: BillFormat): Promise<string> =>
  format === 'spdx'
    ? (await import('./spdx.ts')).spdxText(bill)
    : (await import('./cyclonedx.ts')).cyclonedxText(bill)
