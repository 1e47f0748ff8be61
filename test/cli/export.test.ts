import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RealRegistry, startRegistry } from '../helpers/oci/registry.ts'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

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
  test('makes an image whose layers are the packages themselves, for skopeo to read', () => {
    const { digest, id, layers } = exported(
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
    expect(layers.map(layer => layer.digest)).toEqual(
      ['base', 'tool'].map(name => sha256(readFileSync(join(tree.root, `pkg/${name}/.pkg.tar.gz`)))),
    )
    expect(layers[1]?.annotations).toEqual({
      'coolports.package': 'tool',
      'coolports.version': '1.0-1',
      'coolports.pkghash': tree.read('pkg/tool/.pkghash').trim(),
      'coolports.tar': config.rootfs.diff_ids[1],
    })
    expect((skopeo('inspect', 'oci:out/tool:1.0') as { Digest: string }).Digest).toBe(digest)
    expect(id).toMatch(/^sha256:/)
  })

  test('umoci unpacks the image to just what the tar of the same packages holds', () => {
    const words = ['--order', '--with', 'passwd', '--with', 'tmp', 'tool', 'rival']
    exported('oci', ...words, '-o', 'out/both', '--name', 'both')
    exported('tar', ...words, '-o', 'out/both.tar.gz')
    mustRun(tree, ['umoci', 'unpack', '--image', 'out/both:latest', 'out/bundle'])
    mustRun(tree, ['mkdir', 'out/unpacked'])
    mustRun(tree, ['tar', '-xpf', 'out/both.tar.gz', '-C', 'out/unpacked'])
    const unpacked = listing('out/unpacked')
    expect(unpacked).toContain('/tmp d 1777')
    expect(unpacked).toContain('/share/ünï cöde f 644')
    expect(listing('out/bundle/rootfs')).toEqual(unpacked)
    expect(readFileSync(join(tree.root, 'out/unpacked/share/base'), 'utf8')).toBe('of base\n')
    expect(mustRun(tree, ['bin/coolports', 'verify', 'out/both.tar.gz'])).toContain('out/both.tar.gz')
  })

  test('is an archive where OUT ends in .tar, and is the same image', () => {
    const inFolder = exported('oci', 'tool', '-o', 'out/one')
    expect(exported('oci', 'tool', '-o', 'out/one.tar').digest).toBe(inFolder.digest)
    const read = skopeo('inspect', 'oci-archive:out/one.tar') as { Digest: string }
    expect(read.Digest).toBe(inFolder.digest)
  })

  test('--uncompressed has layers whose digest is that of the package', () => {
    const { layers, id } = exported('oci', 'tool', '-o', 'out/plain', '--uncompressed')
    expect(layers.map(layer => layer.digest)).toEqual(layers.map(layer => layer.tar))
    expect(id).toBe(exported('oci', 'tool', '-o', 'out/packed').id)
    mustRun(tree, ['umoci', 'unpack', '--image', 'out/plain:latest', 'out/plain-bundle'])
    expect(existsSync(join(tree.root, 'out/plain-bundle/rootfs/bin/tool'))).toBe(true)
  })

  test('takes the place of an earlier layout, and of nothing else', () => {
    exported('oci', 'base', '-o', 'out/again')
    const again = exported('oci', 'tool', '-o', 'out/again')
    expect((skopeo('inspect', 'oci:out/again:latest') as { Digest: string }).Digest).toBe(again.digest)
    expect(run(tree, exporting('oci', 'tool', '-o', 'pkg'))).toMatchObject({
      status: 2,
      said: expect.stringContaining('there is a folder of this name, and it is no image layout'),
    })
    expect(existsSync(join(tree.root, 'pkg/tool/package.ts'))).toBe(true)
  })
})

describe('export docker', () => {
  test('makes what docker load takes: the same image id, and layers that skopeo takes for the packages', () => {
    const { id, layers } = exported('docker', 'tool', '-o', 'out/docker.tar', '--name', 'tools/tool:1.0')
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
})

describe('export --push', () => {
  test('pushes an image that skopeo brings back with the same digest, and then has nothing to send', () => {
    const to = `${registry.host}/tools/tool:1.0`
    const first = exported('oci', 'tool', '--push', to)
    expect(first.pushed).toMatchObject({ to, sent: 3, there: 0 })
    mustRun(tree, ['skopeo', 'copy', '--src-tls-verify=false', `docker://${to}`, 'oci:out/back:x'])
    expect((skopeo('inspect', 'oci:out/back:x') as { Digest: string }).Digest).toBe(first.digest)
    expect(exported('oci', 'tool', '--push', to).pushed).toMatchObject({ sent: 0, there: 3, bytes: 0 })
  })

  test('images share the layers of the packages that they share', () => {
    exported('oci', 'tool', '--push', `${registry.host}/first:1`)
    const words = ['--push', `${registry.host}/second:1`, '--mount-from', 'first']
    const { pushed } = exported('oci', 'base', ...words)
    expect(pushed).toMatchObject({ sent: 1, shared: 1, there: 0 })
  })

  test('pushes the image that skopeo would push from the layout', () => {
    const { digest } = exported('oci', 'tool', '-o', 'out/both-ways', '--push', `${registry.host}/ours:1`)
    const to = `docker://${registry.host}/theirs:1`
    mustRun(tree, ['skopeo', 'copy', '--dest-tls-verify=false', 'oci:out/both-ways:latest', to])
    for (const repository of ['ours', 'theirs']) {
      const at = `docker://${registry.host}/${repository}:1`
      const held = skopeo('inspect', '--tls-verify=false', at) as { Digest: string }
      expect(held.Digest).toBe(digest)
    }
  })
})

describe('packages that differ at a path', () => {
  test('are refused, with both owners and what to choose', () => {
    expect(run(tree, exporting('tar', 'tool', 'rival', '-o', 'out/none.tar'))).toEqual({
      status: 1,
      said: [
        'coolports: cannot export: two packages differ at a path',
        '  base, rival "share/base"',
        "  choose: --prefer base, or another owner; or --order, by which the earlier package's file is seen",
        '',
      ].join('\n'),
    })
    expect(existsSync(join(tree.root, 'out/none.tar'))).toBe(false)
  })

  test('are exported once somebody has chosen', () => {
    const seen = (...words: readonly string[]): string => {
      exported('tar', ...words, '-o', 'out/chosen.tar')
      return mustRun(tree, ['tar', '-xOf', 'out/chosen.tar', 'share/base'])
    }
    expect(seen('tool', 'rival', '--order')).toBe('of base\n')
    expect(seen('rival', 'tool', '--order')).toBe('of rival\n')
    expect(seen('tool', 'rival', '--prefer', 'rival')).toBe('of rival\n')
  })

  test('--prefer names one that is among them', () => {
    const { status, said } = run(tree, exporting('tar', 'tool', '--prefer', 'rival', '-o', 'out/none.tar'))
    expect({ status, said }).toMatchObject({ status: 2, said: expect.stringContaining('rival') })
  })
})

test.each([
  [['oci', 'tool'], 'neither -o nor --push says where to'],
  [['tar', 'tool', '-o', 'x.zip'], '"x.zip" ends in none of .tar, .tar.gz, .tgz'],
  [['tar', 'tool', '-o', 'x.tar', '--user', 'me'], '--user is of images, and a tar is none'],
  [['docker', 'tool', '--push', 'localhost/x'], 'push the form oci'],
  [['oci', 'tool', '-o', 'x', '--env', 'A'], '--env "A" is not NAME=VALUE'],
  [['oci', 'tool', '-o', 'x', '--env', 'A=1', '--env', 'A=2'], '--env gives "A" twice'],
  [['oci', 'tool', '-o', 'x', '--name', 'Up'], 'cannot call the image "Up"'],
  [['oci', 'tool', '--push', 'tools/tool'], 'write its host in full'],
  [['oci', 'tool', '--push', 'localhost/../x'], 'a repository that cannot be one'],
  [['oci', 'tool', '--push', 'localhost/x', '--mount-from', 'a?b'], 'cannot share layers with "a?b"'],
  [['oci', 'tool', '-o', 'x', '--certificates', 'pkg/tool/package.ts'], 'there is none in it (PEM)'],
])('export %j is refused before anything is built', (words, why) => {
  const { status, said } = run(tree, exporting(...words))
  expect(status).toBe(2)
  expect(said).toContain(why)
})

test('certificates that were asked for are in the image', () => {
  const text = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
  writeFileSync(join(tree.root, 'some.pem'), text)
  exported('tar', 'tool', '--certificates', 'some.pem', '-o', 'out/pem.tar')
  expect(mustRun(tree, ['tar', '-xOf', 'out/pem.tar', 'etc/ssl/certs/ca-certificates.crt'])).toBe(text)
})

interface Exported {
  readonly digest: string
  readonly id: string
  readonly layers: readonly {
    readonly digest: string
    readonly tar: string
    readonly annotations: Readonly<Record<string, string>>
  }[]
  readonly pushed: unknown
}

interface Config {
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

const exporting = (...words: readonly string[]): readonly string[] => [
  'bin/coolports',
  '-C',
  '.',
  'export',
  ...words,
]

/** What an export answers; what the builds below it say goes to stderr. */
function exported(...words: readonly string[]): Exported {
  const out = execFileSync('bin/coolports', [...exporting(...words, '--json').slice(1)], {
    cwd: tree.root,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
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
