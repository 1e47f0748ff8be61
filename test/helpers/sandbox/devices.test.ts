import { spawnSync } from 'node:child_process'
import { chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { deviceFolder, deviceOptions } from '../../../helpers/sandbox/devices.ts'
import { hasOwnDevices } from '../../support/own-devices.ts'

// What a build can do to its /dev is tried in sandbox.test.ts.

const ALL = 'fd full null random shm stderr stdin stdout tty urandom zero'.split(' ')

function newPlace(): string {
  const place = mkdtempSync(join(tmpdir(), 'devices-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  return place
}

test.skipIf(process.getuid?.() !== 0 || !hasOwnDevices())(
  'the folder of devices is nobody’s and is kept; one of an earlier program, or of somebody, is made anew',
  () => {
    const [place, earlier, owned] = [newPlace(), newPlace(), newPlace()]
    const folder = deviceFolder(place)
    expect(folder).toBe(join(place, 'devices'))
    expect(readdirSync(folder).sort()).toEqual(ALL)
    for (const name of ['', 'null', 'shm']) expect(lstatSync(join(folder, name)).uid).toBe(65534)
    const { ino } = lstatSync(folder)
    expect(lstatSync(deviceFolder(place)).ino).toBe(ino)

    rmSync(join(folder, 'fd'))
    expect(readdirSync(deviceFolder(place)).sort()).toEqual(ALL)

    mkdirSync(join(earlier, 'devices'))
    spawnSync('mknod', [join(earlier, 'devices/null'), 'c', '1', '3'])
    expect(readdirSync(deviceFolder(earlier)).sort()).toEqual(ALL)

    chownSync(deviceFolder(owned), 0, 0)
    expect(lstatSync(deviceFolder(owned)).uid).toBe(65534)
  },
)

test('the folder is shown as it is, by one mount; of the devices of the machine each has its own', () => {
  const binds = (folder: string) => deviceOptions(folder).filter(option => option === '--dev-bind').length
  expect(binds('/store/devices')).toBe(1)
  expect(binds('/dev')).toBe(6)
  expect(deviceOptions('/dev').slice(-2)).toEqual(['--remount-ro', '/dev'])
})
