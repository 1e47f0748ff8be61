import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ORDINARY } from '../../helpers/build/workshop.ts'
import { type RealRegistry, startRegistry } from '../../helpers/oci/registry.ts'
import { mountDisk } from '../../support/mount.ts'
import { keyAt } from '../../support/pkgkey.ts'
import { mustRun, smallTree } from '../../support/small-tree.ts'
import { manifest, type Tree } from '../../support/tree.ts'
import { coolports } from '../support.ts'

let folder: string
let tree: Tree
let registry: RealRegistry

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coolports export-'))
  tree = smallTree(PACKAGES)
  mustRun(tree, ['bin/do', '-j2', ...Object.keys(PACKAGES).map(name => `pkg/${name}/.pkg.tar.gz`)])
  // Else it would be gone after the first test.
  const root = join(folder, 'a tree')
  renameSync(tree.root, root)
  Object.assign(tree, { root })
  registry = await startRegistry()
})
afterAll(async () => {
  await registry?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('export oci', () => {
  test('makes an image whose layers are the packages themselves, for skopeo to read', async () => {
    const { digest, layers } = await exported(
      'oci',
      ...['tool', '-o', 'out/tool', '--entrypoint', '/bin/tool', '--cmd=-x', '--cmd', 'y', '--user', '7:8'],
      ...['--env', 'A=1', '--label', 'who=me', '--workdir', '/share', '--name', 'tools/tool:1.0'],
    )
    const config = skopeo('inspect', '--config', 'oci:out/tool:1.0') as Config
    expect(config).toMatchObject({
      created: '2021-01-01T00:00:00Z',
      architecture: 'amd64',
      os: 'linux',
      config: {
        Entrypoint: ['/bin/tool'],
        Cmd: ['-x', 'y'],
        User: '7:8',
        Env: ['PATH=/bin:/usr/bin', 'A=1'],
        Labels: { who: 'me' },
        WorkingDir: '/share',
      },
    })
    expect(config.rootfs.diff_ids).toEqual(
      ['base', 'tool'].map(name => `sha256:${mustRun(tree, tarDigest(name)).slice(0, 64)}`),
    )
    const raw = readFileSync(join(tree.root, 'out/tool/blobs', digest.replace(':', '/')))
    expect(skopeo('inspect', '--raw', 'oci:out/tool:1.0')).toEqual(JSON.parse(raw.toString()))
    expect(sha256(raw)).toBe(digest)
    expect(JSON.parse(tree.read('out/tool/index.json')).manifests[0].annotations).toEqual({
      'io.containerd.image.name': 'tools/tool:1.0',
      'org.opencontainers.image.ref.name': '1.0',
    })
    expect(layers.map(layer => layer.digest)).toEqual(
      ['base', 'tool'].map(name => sha256(readFileSync(join(tree.root, `pkg/${name}/.pkg.tar.gz`)))),
    )
    expect(layers[1]?.annotations).toEqual({
      'coolports.package': 'tool',
      'coolports.version': '1.0-1',
      'coolports.pkghash': keyAt(tree.root, 'tool').hash,
      'coolports.tar': config.rootfs.diff_ids[1],
    })
  })

  test('umoci unpacks the image to just what the tar of the same packages holds', async () => {
    writeFileSync(join(tree.root, 'some.pem'), CERTIFICATES)
    const extras = ['--with', 'passwd', '--with', 'tmp', '--certificates', join(tree.root, 'some.pem')]
    const words = ['--order', ...extras, 'tool', 'rival']
    await exported('oci', ...words, '-o', 'out/both', '--name', 'both')
    await exported('tar', ...words, '-o', 'out/both.tar.gz')
    mustRun(tree, ['umoci', 'unpack', '--image', 'out/both:latest', 'out/bundle'])
    mustRun(tree, ['mkdir', 'out/unpacked'])
    mustRun(tree, ['tar', '-xpf', 'out/both.tar.gz', '-C', 'out/unpacked'])
    const unpacked = listing('out/unpacked')
    expect(unpacked).toContain('/tmp d 1777')
    expect(unpacked).toContain('/share/ünï cöde f 644')
    expect(listing('out/bundle/rootfs')).toEqual(unpacked)
    const names = mustRun(tree, ['tar', '--quoting-style=literal', '-tf', 'out/both.tar.gz']).replace(
      /\/$/gm,
      '',
    )
    expect(names).toBe(names.split('\n').slice(0, -1).sort().join('\n').concat('\n'))
    expect(tree.read('out/unpacked/share/base')).toBe('of base\n')
    expect(tree.read('out/unpacked/etc/ssl/certs/ca-certificates.crt')).toBe(CERTIFICATES)
    expect((await coolports(tree, 'verify', 'out/both.tar.gz')).status).toBe(0)
  })

  test('is the same image in a folder, in an archive, and in place of an earlier one', async () => {
    await exported('oci', 'base', '-o', 'out/one')
    const { digest, id } = await exported('oci', 'tool', '-o', 'out/one')
    expect((skopeo('inspect', 'oci:out/one:latest') as Held).Digest).toBe(digest)
    expect((await exported('oci', 'tool', '-o', 'out/one.tar')).digest).toBe(digest)
    expect((skopeo('inspect', 'oci-archive:out/one.tar') as Held).Digest).toBe(digest)

    const plain = await exported('oci', 'tool', '-o', 'out/plain', '--uncompressed')
    expect(plain.layers.map(layer => layer.digest)).toEqual(plain.layers.map(layer => layer.tar))
    expect(plain.id).toBe(id)
    mustRun(tree, ['umoci', 'unpack', '--image', 'out/plain:latest', 'out/plain-bundle'])
    expect(existsSync(join(tree.root, 'out/plain-bundle/rootfs/bin/tool'))).toBe(true)
  })

  test('takes the place of nothing but a layout', async () => {
    const refused = await coolports(tree, 'export', 'oci', 'tool', '-o', 'pkg')
    expect(refused.status).toBe(2)
    expect(refused.err).toContain('there is a folder of this name, and it is no image layout')
    expect(existsSync(join(tree.root, 'pkg/tool/package.ts'))).toBe(true)
  })
})

test.each([
  ['docker', 'a folder'],
  ['tar', 'a folder.tar'],
  ['oci', 'a folder.tar'],
])('export %s takes the place of no folder', async (form, name) => {
  tree.write(`${name}/mine`, 'mine')
  const refused = await coolports(tree, 'export', form, 'tool', '-o', name)
  expect(refused).toMatchObject({ status: 2, out: '' })
  expect(refused.err).toContain('there is a folder of this name')
  expect(tree.read(`${name}/mine`)).toBe('mine')
})

test('export docker takes the place of no fifo, nor of what stdout is', async () => {
  mustRun(tree, ['mkfifo', 'a fifo'])
  for (const out of ['a fifo', '/proc/self/fd/1']) {
    const refused = await coolports(tree, 'export', 'docker', 'tool', '-o', out)
    expect(refused.status).toBe(2)
    expect(refused.err).toContain('it is no file, but a device, a fifo or the like')
  }
  expect(lstatSync(join(tree.root, 'a fifo')).isFIFO()).toBe(true)
})

describe('export --max-layers', () => {
  test('has the smallest packages share a layer, of which whence tells what is whose', async () => {
    const words = ['tool', 'rival', '--order', '--with', 'passwd']
    await exported('oci', ...words, '-o', 'out/enough', '--max-layers', '4')
    await exported('oci', ...words, '-o', 'out/many')
    mustRun(tree, ['diff', '-r', 'out/many', 'out/enough'])
    const temporary = join(folder, 'temporary files')
    mkdirSync(temporary)
    vi.stubEnv('TMPDIR', temporary)
    const made = await exported('oci', ...words, '-o', 'out/few', '--max-layers', '3')
    await exported('docker', ...words, '-o', 'out/few.tar', '--max-layers', '2')
    expect(readdirSync(temporary)).toEqual([])
    vi.unstubAllEnvs()
    expect(made.layers.map(layer => Object.keys(layer.annotations))).toEqual([
      ['coolports.package', 'coolports.version', 'coolports.pkghash', 'coolports.tar'],
      ['coolports.packages', 'coolports.tar'],
      ['coolports.tar'],
    ])
    mustRun(tree, ['skopeo', 'copy', 'docker-archive:out/few.tar', 'oci:out/fewer:latest'])
    for (const image of ['many', 'few', 'fewer'])
      mustRun(tree, ['umoci', 'unpack', '--image', `out/${image}:latest`, `out/${image}-bundle`])
    for (const image of ['few', 'fewer'])
      expect(listing(`out/${image}-bundle/rootfs`)).toEqual(listing('out/many-bundle/rootfs'))
    const whence = async (image: string, path: string): Promise<unknown> =>
      JSON.parse((await coolports(tree, 'whence', image, path, '--json')).out)
    for (const path of ['/bin/tool', '/bin/sh', '/bin/echo', '/share/base']) {
      const told = await whence('out/many', path)
      for (const image of ['out/few', 'out/few.tar', 'out/fewer'])
        expect(await whence(image, path)).toEqual(told)
    }
    for (const image of ['out/few', 'out/few.tar'])
      expect(await coolports(tree, 'whence', image, '/etc/passwd')).toMatchObject({ status: 1 })
    const pushed = await exported('oci', ...words, '--max-layers', '3', '--push', `${registry.host}/few:1`)
    expect(pushed.digest).toBe(made.digest)
    mustRun(tree, [
      'skopeo',
      'copy',
      '--src-tls-verify=false',
      `docker://${registry.host}/few:1`,
      'oci:out/pulled:latest',
    ])
    expect(await whence('out/pulled', '/bin/sh')).toEqual(await whence('out/many', '/bin/sh'))
  })
})

test('export says where there is no room to merge packages, and leaves nothing behind', async () => {
  const full = join(folder, 'a full disk')
  mountDisk(full, 64 * 1024)
  vi.stubEnv('TMPDIR', full)
  expect(await coolports(tree, 'export', 'oci', 'tool', '-o', 'out/none', '--max-layers', '1')).toEqual({
    status: 2,
    out: '',
    err: [
      'coolports: cannot export the packages that share a layer: the disk is full',
      `  folder ${JSON.stringify(full)}`,
      '  make room there, or set TMPDIR to another one',
      '',
    ].join('\n'),
  })
  vi.unstubAllEnvs()
  expect(readdirSync(full)).toEqual([])
  expect(existsSync(join(tree.root, 'out/none'))).toBe(false)
})

describe('export docker', () => {
  test('makes what docker load takes: the same image id, and layers that skopeo takes for the packages', async () => {
    const { id, layers } = await exported(
      'docker',
      ...['tool', '-o', 'out/docker.tar', '--name', 'tools/tool:1.0', '--entrypoint', '/bin/tool'],
    )
    mustRun(tree, ['skopeo', 'copy', 'docker-archive:out/docker.tar', 'oci:out/from-docker:x'])
    const raw = skopeo('inspect', '--raw', 'oci:out/from-docker:x') as { config: { digest: string } }
    expect(raw.config.digest).toBe(id)
    expect(mustRun(tree, ['tar', '-xOf', 'out/docker.tar', 'manifest.json'])).toBe(
      JSON.stringify([
        {
          Config: `${id.slice(7)}.json`,
          RepoTags: ['tools/tool:1.0'],
          Layers: layers.map(layer => `${layer.tar.slice(7)}.tar`),
        },
      ]),
    )
  })

  test.skipIf(!mayRunContainers())(
    'podman loads it and runs it, as it does one of the form oci (skipped where it may not run containers)',
    async () => {
      const storage = join(folder, 'containers')
      const podman = (...words: readonly string[]): string =>
        mustRun(tree, [...PODMAN, '--root', storage, '--runroot', `${storage}-run`, ...words])
      podman('load', '-i', 'out/docker.tar')
      expect(podman('run', ...RUN, 'tools/tool:1.0', '--version')).toBe('tool 1 --version\n')
      await exported(
        'oci',
        'tool',
        '-o',
        'out/named.tar',
        '--name',
        'tools/other:2',
        '--entrypoint',
        '/bin/tool',
      )
      expect(podman('load', '-i', 'out/named.tar')).toContain('localhost/tools/other:2')
      expect(podman('run', ...RUN, 'tools/other:2', '--version')).toBe('tool 1 --version\n')
      podman('rmi', '--all', '--force')
    },
  )
})

describe('export --push', () => {
  test('pushes an image that skopeo brings back with the same digest, and then has nothing to send', async () => {
    const to = `${registry.host}/tools/tool:1.0`
    const first = await exported('oci', 'tool', '--push', to, '-o', 'out/pushed')
    expect(first.pushed).toMatchObject({ to, sent: 3, there: 0 })
    mustRun(tree, ['skopeo', 'copy', '--src-tls-verify=false', `docker://${to}`, 'oci:out/back:x'])
    expect((skopeo('inspect', 'oci:out/back:x') as Held).Digest).toBe(first.digest)
    const again = await exported('oci', 'tool', '--push', to)
    expect(again.pushed).toMatchObject({ sent: 0, there: 3, bytes: 0 })

    const theirs = `docker://${registry.host}/theirs:1`
    mustRun(tree, ['skopeo', 'copy', '--dest-tls-verify=false', 'oci:out/pushed:latest', theirs])
    expect((skopeo('inspect', '--tls-verify=false', theirs) as Held).Digest).toBe(first.digest)

    const words = ['--push', `${registry.host}/second:1`, '--mount-from', 'tools/tool']
    const { pushed } = await exported('oci', 'base', ...words)
    expect(pushed).toMatchObject({ sent: 1, shared: 1, there: 0 })
  })
})

describe('export --sbom', () => {
  const bill = (format: string, ...words: readonly string[]): Promise<string> =>
    coolports(tree, 'sbom', '--format', format, ...words).then(({ out }) => out)

  test('writes beside a tar and a docker archive what coolports sbom tells of the same packages', async () => {
    const { sboms } = await exported(
      'tar',
      'tool',
      '-o',
      'out/billed.tar',
      '--sbom',
      'cyclonedx',
      '--sbom',
      'spdx',
    )
    expect(sboms).toEqual([
      { format: 'cyclonedx', file: join(tree.root, 'out/billed.tar.cdx.json'), digest: null },
      { format: 'spdx', file: join(tree.root, 'out/billed.tar.spdx.json'), digest: null },
    ])
    expect(tree.read('out/billed.tar.cdx.json')).toBe(await bill('cyclonedx', 'tool'))
    expect(tree.read('out/billed.tar.spdx.json')).toBe(await bill('spdx', 'tool'))
    await exported(
      'docker',
      'tool',
      '-o',
      'out/billed.docker.tar',
      '--sbom',
      join(tree.root, 'out/my.spdx.json'),
    )
    expect(tree.read('out/my.spdx.json')).toBe(await bill('spdx', 'tool'))
    expect(existsSync(join(tree.root, 'out/billed.docker.tar.spdx.json'))).toBe(false)
  })

  test('writes it into a folder that it makes for the tar, and into a fifo', async () => {
    const words = ['--sbom', join(tree.root, 'new/up.cdx.json')] as const
    await exported('tar', 'tool', '-o', 'new/deep/tool.tar', ...words)
    expect(tree.read('new/up.cdx.json')).toBe(await bill('cyclonedx', 'tool'))
    const fifo = join(tree.root, 'fifo.cdx.json')
    mustRun(tree, ['mkfifo', fifo])
    const reading = readFile(fifo, 'utf8')
    await exported('tar', 'tool', '-o', 'out/told.tar', '--sbom', fifo)
    expect(await reading).toBe(await bill('cyclonedx', 'tool'))
  })

  test('tells in it what was added to the packages', async () => {
    const words = ['--with', 'passwd', '--with', 'tmp', '--sbom', 'spdx', '--sbom', 'cyclonedx'] as const
    await exported('tar', 'tool', '-o', 'out/added.tar', ...words)
    mustRun(tree, ['mkdir', 'out/added'])
    mustRun(tree, ['tar', '-xf', 'out/added.tar', '-C', 'out/added'])
    const { components } = JSON.parse(tree.read('out/added.tar.cdx.json'))
    const { files } = JSON.parse(tree.read('out/added.tar.spdx.json'))
    for (const name of ['etc/group', 'etc/passwd']) {
      const content = sha256(readFileSync(join(tree.root, 'out/added', name))).slice('sha256:'.length)
      expect(components).toContainEqual(
        expect.objectContaining({ name, hashes: [{ alg: 'SHA-256', content }] }),
      )
      expect(files).toContainEqual(
        expect.objectContaining({
          fileName: `./${name}`,
          checksums: expect.arrayContaining([{ algorithm: 'SHA256', checksumValue: content }]),
        }),
      )
    }
  })

  test('attaches it to the image in a layout, and the image stays the same', async () => {
    const plain = await exported('oci', 'tool', '-o', 'out/unbilled')
    const { digest, sboms } = await exported(
      'oci',
      'tool',
      '-o',
      'out/billed',
      '--sbom',
      'spdx',
      '--sbom',
      'cyclonedx',
    )
    expect(digest).toBe(plain.digest)
    const blob = (of: string): string => tree.read(`out/billed/blobs/sha256/${of.slice('sha256:'.length)}`)
    const { manifests } = JSON.parse(tree.read('out/billed/index.json'))
    expect(manifests.slice(1)).toMatchObject([
      { artifactType: 'application/spdx+json', digest: sboms[0]?.digest },
      { artifactType: 'application/vnd.cyclonedx+json', digest: sboms[1]?.digest },
    ])
    const { subject, layers } = JSON.parse(blob(sboms[0]?.digest ?? ''))
    expect(subject).toEqual({
      mediaType: manifests[0].mediaType,
      digest,
      size: manifests[0].size,
    })
    expect(blob(layers[0].digest)).toBe(await bill('spdx', 'tool'))
    // Those who know nothing of it find the image as before.
    expect((skopeo('inspect', 'oci:out/billed:latest') as Held).Digest).toBe(digest)
    mustRun(tree, ['umoci', 'unpack', '--image', 'out/billed:latest', 'out/billed-bundle'])
    for (const image of ['out/billed', 'out/billed.tar']) {
      if (image.endsWith('.tar')) await exported('oci', 'tool', '-o', image, '--sbom', 'spdx')
      expect((await coolports(tree, 'whence', image, '/bin/tool')).out).toMatch(/^package +tool 1.0-1$/m)
    }
  })

  test('attaches it in a registry, where it is found by the digest of the image', async () => {
    const to = `${registry.host}/billed:1`
    const words = ['oci', 'tool', '--push', to, '--sbom', 'spdx'] as const
    const { digest, pushed, sboms } = await exported(...words)
    // Two layers and the config, the bill and its empty config.
    expect(pushed).toMatchObject({ sent: 5 })
    const list = `docker://${registry.host}/billed:${digest.replace(':', '-')}`
    const { manifests } = skopeo('inspect', '--raw', '--tls-verify=false', list) as {
      manifests: readonly { digest: string; artifactType: string }[]
    }
    expect(manifests).toMatchObject([{ digest: sboms[0]?.digest, artifactType: 'application/spdx+json' }])
    const artifact = `docker://${registry.host}/billed@${manifests[0]?.digest}`
    const { subject, layers } = skopeo('inspect', '--raw', '--tls-verify=false', artifact) as {
      subject: { digest: string }
      layers: readonly { digest: string }[]
    }
    expect(subject.digest).toBe(digest)
    const answer = await fetch(`http://${registry.host}/v2/billed/blobs/${layers[0]?.digest}`)
    expect(await answer.text()).toBe(await bill('spdx', 'tool'))
    expect((skopeo('inspect', '--tls-verify=false', `docker://${to}`) as Held).Digest).toBe(digest)
    expect((await exported(...words)).pushed).toMatchObject({ sent: 0, there: 5 })
  })
})

describe('packages that differ at a path', () => {
  test('are refused, with both owners and what to choose', async () => {
    expect(await coolports(tree, 'export', 'tar', 'tool', 'rival', '-o', 'out/none.tar')).toEqual({
      status: 1,
      out: '',
      err: [
        'coolports: cannot export: two packages differ at a path',
        '  base, rival "share/base"',
        "  choose: --prefer base, or another owner; or --order, by which the earlier package's file is seen",
        '',
      ].join('\n'),
    })
    expect(existsSync(join(tree.root, 'out/none.tar'))).toBe(false)
  })

  test('are exported once somebody has chosen one of them', async () => {
    await exported('tar', 'tool', 'rival', '--prefer', 'rival', '-o', 'out/chosen.tar')
    expect(mustRun(tree, ['tar', '-xOf', 'out/chosen.tar', 'share/base'])).toBe('of rival\n')
  })

  test('--prefer names one that is among them', async () => {
    const { status, err } = await coolports(
      tree,
      ...['export', 'tar', 'tool', '--prefer', 'rival', '-o', 'out/none.tar'],
    )
    expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining('rival') })
  })
})

test.each([
  [['oci', 'tool'], 'neither -o nor --push says where to'],
  [['oci', 'tool', '-o', 'x', '--sbom', 'json'], '--sbom "json" is neither cyclonedx nor spdx'],
  [['oci', 'tool', '-o', 'x', '--sbom', 'spdx', '--sbom', 'y.spdx.json'], '--sbom asks for spdx twice'],
  [['tar', 'tool', '-o', 'x.zip'], '"x.zip" ends in none of .tar, .tar.gz, .tgz'],
  [['tar', 'tool', '-o', 'x.tar', '--user', 'me'], '--user is of images, and a tar is none'],
  [['tar', 'tool', '-o', 'x.tar', '--max-layers', '9'], '--max-layers is of images, and a tar is none'],
  [['oci', 'tool', '-o', 'x', '--max-layers', '0'], '--max-layers needs a whole number above 0'],
  [['oci', 'tool', '-o', 'x', '--max-layers', 'ten'], '--max-layers needs a whole number above 0'],
  [['oci', 'tool', '-o', 'x', '--max-layers', '1', '--with', 'tmp'], 'leaves no layer for what --with'],
  [['docker', 'tool', '--push', 'localhost/x'], 'push the form oci'],
  [['oci', 'tool', '-o', 'x', '--env', 'A'], '--env "A" is not NAME=VALUE'],
  [['oci', 'tool', '-o', 'x', '--entrypoint', ''], '--entrypoint "" is no program'],
  [['oci', 'tool', '-o', 'x', '--cmd', '', '--cmd', 'a'], '--cmd "" is no program'],
  [
    ['oci', 'tool', '-o', 'x', '--user', '0:4294967295'],
    '--user "0:4294967295" has a number above 2147483647',
  ],
  [['tar', 'tool', '-o', 'x.tar', '--certificates', 'none'], '/none": there is no such file'],
  [['oci', 'tool', '-o', 'x', '--sbom', 'spdx', '--sbom', 'none/x.cdx.json'], 'there is no such folder'],
  [['tar', 'tool', '-o', 'x.tar', '--sbom', 'x.tar/x.cdx.json'], 'there is no such folder'],
  [
    ['tar', 'tool', '-o', 'x.tar', '--sbom', 'pkg/tool/package.ts/x.cdx.json'],
    'there is a file where a folder has to be',
  ],
  [['tar', 'tool', '-o', 'x.tar', '--sbom', 'astray.spdx.json'], 'it leads nowhere'],
  [['docker', 'tool', '-o', 'x.spdx.json', '--sbom', 'x.spdx.json'], 'that is what is exported'],
  [['oci', 'tool', '-o', 'x', '--env', 'A=1', '--env', 'A=2'], '--env gives "A" twice'],
  [['oci', 'tool', '-o', 'x', '--name', 'Up'], 'cannot call the image "Up"'],
  [['oci', 'tool', '--push', 'tools/tool'], 'write its host in full'],
  [['oci', 'tool', '--push', 'localhost/../x'], 'a repository that cannot be one'],
  [['oci', 'tool', '--push', 'localhost/x', '--mount-from', 'a?b'], 'cannot share layers with "a?b"'],
  [['oci', 'tool', '-o', 'x', '--certificates', 'pkg/tool/package.ts'], 'there is none in it (PEM)'],
])('export %j is refused before anything is built', async (words, why) => {
  rmSync(join(tree.root, 'astray.spdx.json'), { force: true })
  symlinkSync('none', join(tree.root, 'astray.spdx.json'))
  const { status, err } = await coolports(tree, 'export', ...words)
  expect(status).toBe(2)
  expect(err).toContain(why)
  expect(readdirSync(tree.root).filter(name => name.startsWith('x'))).toEqual([])
})

test('the image is the same from another checkout, built by another user', async () => {
  const root = join(folder, 'elsewhere/of another user')
  mkdirSync(join(root, '.store/distfiles'), { recursive: true })
  const copy = (from: string, part: string): void =>
    cpSync(join(from, part), join(root, part), { recursive: true, preserveTimestamps: true })
  for (const part of TREE) copy(tree.root, part)
  for (const name of ['seed', ...Object.keys(PACKAGES)]) copy(tree.root, `pkg/${name}/package.ts`)
  for (const file of readdirSync(join(tree.root, '.store/distfiles')))
    if (!file.startsWith('.')) copy(tree.root, `.store/distfiles/${file}`)
  for (const part of PROGRAMS) if (existsSync(join(repository, part))) copy(repository, part)
  mustRun(tree, ['chmod', '755', folder])
  mustRun(tree, ['chown', '-R', `${ORDINARY}:${ORDINARY}`, join(folder, 'elsewhere')])

  const bills = ['--sbom', 'spdx', '--sbom', 'cyclonedx']
  const words = ['tool', '--entrypoint', '/bin/tool', '--with', 'passwd', ...bills]
  const here = await exported('oci', ...words, '-o', 'out/here')
  const as = ['setpriv', `--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, '--clear-groups']
  const script = 'umask 077; exec bin/coolports -C . export oci "$@" -o out/there --json 2>log'
  const there = execFileSync('setpriv', [...as.slice(1), 'sh', '-c', script, 'sh', ...words], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: root, LC_ALL: 'C.UTF-8', TZ: 'Asia/Tokyo' },
  })
  const { out: _, ...same } = here
  expect(JSON.parse(there)).toMatchObject(same)
  mustRun(tree, ['cp', '-r', join(root, 'out/there'), 'out/there'])
  mustRun(tree, ['diff', '-r', 'out/here', 'out/there'])
})

const CERTIFICATES = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'

const repository = resolve(import.meta.dirname, '../../..')
/** What a checkout has. */
const TREE = [
  'bin',
  'helpers',
  'core',
  'generator',
  'templates',
  '.do-defaults',
  'package.json',
  'build.mjs',
  'mirrors',
]
/** The programs, as another user may run them. */
const PROGRAMS = [
  'dist',
  ...['esbuild', '@esbuild', 'oxc-parser', '@oxc-parser', '@oxc-project', '.package-lock.json'].map(
    name => `node_modules/${name}`,
  ),
]

/** How podman runs where it is a guest itself. */
const PODMAN = ['podman', '--cgroup-manager=cgroupfs', '--runtime=runc', '--storage-driver=vfs']
const RUN = ['--rm', '--network=none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096']

/** Whether podman is there, and the machine lets it run a container at all: one that holds busybox alone. */
function mayRunContainers(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'coolports podman-'))
  try {
    const podman = [...PODMAN.slice(1), '--root', join(probe, 'root'), '--runroot', join(probe, 'run')]
    mkdirSync(join(probe, 'image/bin'), { recursive: true })
    cpSync('/usr/bin/busybox', join(probe, 'image/bin/busybox'))
    const run = ['run', ...RUN, '--rootfs', join(probe, 'image'), '/bin/busybox', 'true']
    return spawnSync('podman', [...podman, ...run], { stdio: 'ignore' }).status === 0
  } finally {
    rmSync(probe, { recursive: true, force: true })
  }
}

interface Exported {
  readonly digest: string
  readonly id: string
  readonly layers: readonly {
    readonly digest: string
    readonly tar: string
    readonly annotations: Readonly<Record<string, string>>
  }[]
  readonly pushed: unknown
  readonly sboms: readonly {
    readonly format: string
    readonly file: string | null
    readonly digest: string | null
  }[]
  readonly out: string | null
}

interface Held {
  readonly Digest: string
}

interface Config {
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

/** What an export answers. */
async function exported(...words: readonly string[]): Promise<Exported> {
  const { status, out, err } = await coolports(tree, 'export', ...words, '--json')
  if (status !== 0) throw new Error(err)
  return JSON.parse(out) as Exported
}

const skopeo = (...words: readonly string[]): unknown => JSON.parse(mustRun(tree, ['skopeo', ...words]))

const sha256 = (data: Uint8Array): string => `sha256:${createHash('sha256').update(data).digest('hex')}`

const tarDigest = (name: string): readonly string[] => [
  'sh',
  '-c',
  `gzip -dc pkg/${name}/.pkg.tar.gz | sha256sum`,
]

/** All below a folder: path, type, mode, size, link, digest. */
const listing = (path: string): string =>
  mustRun(tree, [
    'sh',
    '-c',
    'cd "$0" && find . -mindepth 1 -printf "/%P %y %m %T@ %l\\n" | sort && find . -type f | sort | tr "\\n" "\\0" | xargs -0 sha256sum',
    path,
  ]).replace(/ \d+\.\d+ /g, ' ')

const tool = (text: string, runDeps: readonly string[] = []): string =>
  manifest({
    buildDeps: "['seed']",
    strip: "'none'",
    runDeps: `[${runDeps.map(name => `'${name}'`).join(', ')}]`,
    build: `sh\`mkdir -p "$DESTDIR/bin" "$DESTDIR/share"; ${text}\``,
  })

const PACKAGES = {
  base: tool(
    'echo of base >"$DESTDIR/share/base"; cp /bin/busybox "$DESTDIR/bin/busybox"; busybox ln "$DESTDIR/bin/busybox" "$DESTDIR/bin/sh"; busybox ln -s busybox "$DESTDIR/bin/echo"',
  ),
  tool: tool(
    'echo "#!/bin/sh" >"$DESTDIR/bin/tool"; echo "echo tool 1 \\"\\$@\\"" >>"$DESTDIR/bin/tool"; busybox chmod 755 "$DESTDIR/bin/tool"; echo x >"$DESTDIR/share/ünï cöde"',
    ['base'],
  ),
  rival: tool('echo of rival >"$DESTDIR/share/base"; busybox rmdir "$DESTDIR/bin"'),
}
