import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '6.4',
  description: 'Library for programs that draw in a terminal, and what is known of terminals',
  homepage: 'https://invisible-island.net/ncurses/',
  license: 'X11-distribute-modifications-variant',
  source: {
    url: 'https://ftp.gnu.org/gnu/ncurses/ncurses-6.4.tar.gz',
    sha256: '6931283d9ac87c5073f30b6290c4c75f21632bb4fc3603ac8100812bed248159',
  },
  build: staticAutotools({
    native: true,
    configure: [
      ...['--enable-widec', '--disable-lib-suffixes', '--enable-overwrite', '--without-ada'],
      ...['--without-cxx-binding', '--without-debug', '--without-manpages', '--without-tests'],
      '--with-terminfo-dirs=/share/terminfo:/etc/terminfo:/lib/terminfo:/usr/share/terminfo',
    ],
    after: sh`ln -s libncurses.a "$DESTDIR/lib/libncursesw.a"`,
  }),
  check: skip('it has no suite that runs by itself'),
  test: sh`test "$(tput -T xterm cols)" = 80`,
})
