import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '59c',
  description: 'Korn shell of MirBSD, and /bin/sh',
  homepage: 'https://www.mirbsd.org/mksh.htm',
  license: 'MirOS AND ISC',
  source: {
    url: 'https://www.mirbsd.org/MirOS/dist/mir/mksh/mksh-R59c.tgz',
    sha256: '77ae1665a337f1c48c61d6b961db3e52119b38e58884d1c89684af31f87bc506',
  },
  buildDeps: ['seed'],
  build: sh`
    # Called as sh, it keeps to POSIX and leaves its own extensions out.
    CC=x86_64-linux-musl-gcc TARGET_OS=Linux CFLAGS='-O2 -g0' LDFLAGS=--static \
    CPPFLAGS='-DMKSH_BINSHPOSIX -DMKSH_BINSHREDUCED' sh Build.sh -r
    install -D -m 755 mksh "$DESTDIR/bin/mksh"
    install -D -m 644 mksh.1 "$DESTDIR/share/man/man1/mksh.1"
    ln -s mksh "$DESTDIR/bin/sh"
  `,
  check: skip('its suite is run by perl'),
  test: sh`
    test "$(sh -c 'echo $((6 * 7))')" = 42
    mksh -c 'test -n "$KSH_VERSION"'
  `,
  update: {
    kind: 'listing',
    url: 'https://www.mirbsd.org/MirOS/dist/mir/mksh/',
    pattern: 'mksh-R(\\w+)\\.tgz',
  },
})
