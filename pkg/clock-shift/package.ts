import { definePackage, sh } from 'coolports'

export default definePackage({
  version: '1',
  description: 'Runs a command that reads another time of day',
  homepage: 'https://github.com/coolports',
  license: 'MIT',
  buildDeps: ['seed'],
  build: sh`
    cc -O2 -g0 -Wall -Wextra -Werror -static -o clock-shift /files/clock-shift.c
    install -D clock-shift "$DESTDIR/bin/clock-shift"
  `,
  check: sh`
    # What is traced already cannot be traced: under bin/reproduce, we are.
    traced=0
    ./clock-shift 0 true || traced=$?
    test "$traced" -ne 125 || exit 0
    cc -O2 -static -o check /files/check.c
    for shift in 0 1000000000 -1000000000; do
      ./clock-shift "$shift" ./check "$(date +%s)" "$shift"
    done
    ends() { # STATUS ARGUMENT...
      want=$1 got=0
      shift
      ./clock-shift "$@" || got=$?
      test "$got" -eq "$want"
    }
    ends 3 0 sh -c 'exit 3'
    ends 137 0 sh -c 'kill -9 $$'
    ends 127 0 no-such-program
    ends 126 0 /files
    ends 2 soon true
  `,
  testDeps: ['seed'],
  test: sh`
    test "$(clock-shift 40000000 date +%Y)" -gt "$(date +%Y)"
  `,
  update: { kind: 'fixed', why: 'its source stands beside its manifest' },
})
