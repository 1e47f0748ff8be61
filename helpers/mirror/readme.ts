import type { BundleParts } from './bundle.ts'

/** What a bundle says of itself. */
export function readme({ tracked, packages, sources }: BundleParts): string {
  const state = tracked.commit === undefined ? 'no commit' : `commit ${tracked.commit}`
  return `A bundle of coolports: all that is needed to build some packages without a network.

packages: ${packages.join(' ')}
tree:     ${state}${tracked.changed ? ', with changes that are not committed' : ''}
sources:  ${sources.length} files

It needs Linux on ${process.arch}, a POSIX shell with the usual tools, Node.js 20.19 or newer, bubblewrap and xz.
There is no npm in it and none is needed.

To see that it is whole:

    sha256sum -c SHA256SUMS

To build, in a copy of tree/ that keeps the times of its files (cp -a, tar, rsync -a):

    cp -a tree /somewhere && cd /somewhere
    bin/build-packages-ifchange -j2 ${packages.join(' ')}

To be a mirror for other trees, serve this folder by any web server, or show it to them as a file system, and
write into their mirrors/http:

    sha256: *
    url: http://HOST/sources/{sha256}

or copy what lies in sources/ into their mirrors/files/.

PROOF, if it is there, tells which package was built from this bundle in a network namespace without a network,
with the tree that the bundle was made of out of sight.
`
}
