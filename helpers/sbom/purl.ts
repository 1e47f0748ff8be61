import { PackageURL } from 'packageurl-js'
import type { BilledPackage } from './bill.ts'

/** A package's url, https://github.com/package-url/purl-spec. There is no type of ours, so it is a generic one. */
export const purlOf = ({ name, version, release, tar }: BilledPackage): string =>
  new PackageURL(
    'generic',
    undefined,
    name,
    `${version}-${release}`,
    tar === undefined ? undefined : { checksum: `sha256:${tar}` },
    undefined,
  ).toString()
