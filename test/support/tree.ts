import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach } from 'vitest'
import { formatMessage } from '../../core/message.ts'
import { generate, type Outcome } from '../../generator/generate.ts'
import { describe } from '../../generator/problem.ts'
import { API_FILES } from './api-files.ts'

const repository = resolve(import.meta.dirname, '../..')
const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A tree of packages of its own, gone after the test. */
export class Tree {
  readonly root: string

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'coolports [tree]*-'))
    made.push(this.root)
    for (const part of API_FILES) {
      cpSync(join(repository, part), join(this.root, part), { recursive: true, preserveTimestamps: true })
    }
    mkdirSync(join(this.root, 'pkg'))
    this.write('package.json', '{ "type": "module" }\n')
    for (const [path, text] of Object.entries(files)) this.write(path, text)
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8')
  }

  generate(check = false): Promise<Outcome> {
    return generate({ root: this.root, check, program: 'test' })
  }

  /** The messages for all problems, as a person reads them. */
  async refusals(): Promise<string> {
    const { problems } = await this.generate()
    return problems.map(problem => formatMessage('coolports-gen', describe(problem))).join('\n')
  }
}

/**
 * A manifest that is right, with some fields in other words. `undefined` leaves a field out. Where the
 * fields do not say what gives the build a shell, the last one does, so that they keep their lines.
 */
export function manifest(fields: Readonly<Record<string, string | undefined>> = {}, head = ''): string {
  const all: Record<string, string | undefined> = {
    version: "'1.0'",
    description: "'A package'",
    homepage: "'https://example.org'",
    license: "'MIT'",
    build: 'sh`touch "$DESTDIR/x"`',
    check: "skip('there is nothing to check')",
    test: "skip('there is nothing to test')",
    update: "{ kind: 'fixed', why: 'a test' }",
    ...fields,
    ...(hasShell(fields) ? {} : { hostPaths: "['/bin']" }),
  }
  const said = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${value},`],
  )
  return `import { autotools, definePackage, lines, sh, skip } from 'coolports'\n${head}\nexport default definePackage({\n${said.join('\n')}\n})\n`
}

const hasShell = (fields: Readonly<Record<string, string | undefined>>): boolean =>
  'buildDeps' in fields || 'hostPaths' in fields || /static|importArchive/.test(fields.build ?? '')
