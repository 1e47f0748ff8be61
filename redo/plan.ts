import { quoted } from '../core/message.ts'
import { Checker, dirty, stamped } from './check.ts'
import type { FileNode, Graph } from './graph.ts'
import type { Logs } from './logs.ts'
import { sentence } from './reason.ts'
import { Rules } from './rules.ts'
import type { FileName, Tree } from './tree.ts'
import { unknownTarget } from './unknown.ts'

/**
 * What a run would build, inputs first, as far as the records of earlier builds tell: what a target
 * that was never built will ask for is not known before it is.
 */
export function plan(
  tree: Tree,
  graph: Graph,
  logs: Logs,
  targets: readonly FileName[],
  force: boolean,
): Plan {
  const lines: string[] = []
  let possible = true
  const rules = new Rules(tree)
  const refuse = (name: FileName) => {
    const [fact, ...rest] = unknownTarget(name)
    lines.push(fact, ...rest.map(line => `  ${line}`))
    possible = false
  }
  const checker = new Checker({
    graph,
    rules,
    logs,
    overridden: node => {
      const line = `would leave alone ${quoted(node.name)}: you modified it`
      if (!lines.includes(line)) lines.push(line)
    },
  })
  for (const node of inputsFirst(targets.map(name => graph.node(name)))) {
    const isForced = force && targets.includes(node.name) && checker.isOurs(node)
    const verdict = isForced ? dirty({ kind: 'forced' }) : checker.check(node)
    switch (verdict.kind) {
      case 'clean':
        break
      case 'dirty':
        if (rules.find(node.name) !== undefined)
          lines.push(`would build ${quoted(node.name)}: ${sentence(verdict.reason)}`)
        // It had a rule when it was built, which may be gone since; nobody may ask for it any more.
        else if (targets.includes(node.name)) refuse(node.name)
        break
      case 'unsure':
        lines.push(`may build ${quoted(node.name)}: ${stamped(verdict.stamped)}`)
        break
      case 'unknown':
        if (targets.includes(node.name)) refuse(node.name)
    }
  }
  return { lines, possible }
}

interface Plan {
  readonly lines: readonly string[]
  readonly possible: boolean
}

/**
 * The targets and all that they depend on by the records; a list and not a recursion, as chains may be
 * long. Inputs that were entered in an earlier walk are left out.
 */
export function inputsFirst(roots: readonly FileNode[], entered = new Set<FileNode>()): readonly FileNode[] {
  const done = new Set<FileNode>()
  const asked = new Set(roots)
  const open = [...roots].reverse()
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    if (entered.has(node)) {
      open.pop()
      if (node.making !== undefined || asked.has(node)) done.add(node)
      continue
    }
    entered.add(node)
    for (const input of [...(node.making?.inputs ?? [])].reverse()) if (!entered.has(input)) open.push(input)
  }
  return [...done]
}
