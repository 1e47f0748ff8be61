import { Clients } from './clients.ts'
import { Coordinator } from './coordinator.ts'
import type { Graph } from './graph.ts'
import type { Message } from './message.ts'
import type { FileName } from './tree.ts'
import type { Running, Work } from './view.ts'
import type { Workshop } from './workshop.ts'

/** The run that has the lock of a tree: it builds for itself, and for other runs in the tree, its guests. */
export class Host implements Work {
  readonly #coordinator: Coordinator
  readonly #clients: Clients
  readonly #graph: Graph
  #workshop: Workshop | undefined

  constructor(
    options: Omit<ConstructorParameters<typeof Coordinator>[0], 'workshop'> & {
      /** Makes what only a run that builds something needs. */
      readonly open: (receive: (message: Message) => void) => Workshop
    },
  ) {
    const workshop = () => {
      this.#workshop ??= options.open(message => this.#clients.receive(message))
      return this.#workshop
    }
    this.#coordinator = new Coordinator({ ...options, workshop })
    const { tree, state } = options
    this.#graph = state.graph
    this.#clients = new Clients({ coordinator: this.#coordinator, tree, graph: this.#graph, workshop })
  }

  /** Brings the targets of the command line up to date; whether that succeeded for all. Ends when all guests have left. */
  async bring(names: readonly FileName[], force: boolean): Promise<boolean> {
    const nodes = names.map(name => this.#graph.node(name))
    const run = this.#coordinator.welcome()
    const ok = await this.#coordinator.fulfil(this.#coordinator.request(run, undefined, force, {}), nodes)
    const { guests } = this.#clients
    while (!this.#coordinator.isIdle || guests.areHere) {
      await guests.idle()
      await this.#coordinator.idle()
    }
    // To put workers away takes time, in which another run may ask.
    this.#clients.dismiss()
    await this.#workshop?.workers.close()
    return ok
  }

  /** Ends all that it has begun; nothing more is started. */
  stop(signal: NodeJS.Signals): void {
    this.#coordinator.stop(signal)
    if (signal === 'SIGKILL') this.#clients.guests.dismiss()
    this.#workshop?.workers.stop(signal)
  }

  close(): void {
    this.#workshop?.close()
  }

  /** For a run that ends in the middle, and leaves all else as it is: a make wants its tokens back. */
  returnTokens(): void {
    this.#workshop?.scheduler.returnTokens()
  }

  get running(): readonly Running[] {
    return this.#coordinator.running
  }

  get jobs(): number | undefined {
    return this.#workshop?.scheduler.jobs
  }
}
