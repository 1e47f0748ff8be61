import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { destinationOf, fileFault } from '../../../core/destination.ts'
import { quoted } from '../../../core/message.ts'
import { removeTree } from '../../../core/remove.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { storeRoot } from '../../../core/store.ts'
import { FILE_SYSTEM, readingFault, systemFault } from '../../../core/system-error.ts'
import { type ClosureMember, withTrees } from '../../../helpers/built/closure.ts'
import { type Attachment, attach } from '../../../helpers/export/attachment.ts'
import { imageOf, mergedMembers, type Settled, settleSelection } from '../../../helpers/export/export.ts'
import { dockerFiles, type FormFile, layoutFiles } from '../../../helpers/export/form.ts'
import type { Layer } from '../../../helpers/export/layer.ts'
import { mergedLayer } from '../../../helpers/export/merged-layer.ts'
import {
  outputFault,
  outputMessage,
  type Shape,
  writeArchive,
  writeFolder,
  writeTarball,
} from '../../../helpers/export/output.ts'
import { formatPushed, type Pushed, pushImage } from '../../../helpers/export/push.ts'
import { stackLayers } from '../../../helpers/export/stack.ts'
import { connect } from '../../../helpers/oci/connect.ts'
import { formatReference, type Reference } from '../../../helpers/oci/reference.ts'
import { BILL_ENDING, BILL_TYPE, type BillFormat, billText } from '../../../helpers/sbom/format.ts'
import type { StoreUse } from '../../../helpers/store/use.ts'
import { builtClosure } from '../../built-closure.ts'
import { no, type Refusal, trouble } from '../../output.ts'
import { openScratch } from '../../scratch.ts'
import { writeText } from '../../text-file.ts'
import { imageNames, type Names } from './image-name.ts'
import type { BillRequest, ExportRequest } from './request.ts'

interface Done {
  readonly answer: unknown
  readonly lines: readonly string[]
}

/** Builds what is missing, then writes and pushes what was asked for. */
export async function carryOut(asked: ExportRequest): Promise<Result<Done, Refusal>> {
  const named = imageNames(asked)
  if (!named.ok) return named
  const certificates = readCertificates(asked.certificates)
  if (!certificates.ok) return certificates
  // Before anything is built for it.
  const fault = asked.out === undefined ? undefined : outputFault(asked.out, shapeOf(asked.form, asked.out))
  if (fault !== undefined)
    return refuse(trouble(outputMessage(asked.out ?? '', { kind: 'taken', why: fault })))
  for (const file of asked.sboms.flatMap(one => billFile(asked, one) ?? [])) {
    const why = billFault(file, asked)
    if (why !== undefined) return refuse(trouble({ cannot: `write ${quoted(file)}`, why }))
  }
  const members = await builtClosure(asked.tree, asked.words, asked.jobs)
  if (!members.ok) return members
  const strangers = asked.prefer.filter(name => !members.value.some(member => member.name === name))
  if (strangers.length > 0)
    return refuse(
      trouble({ cannot: `prefer ${strangers.join(', ')}`, why: 'it is not among what is exported' }),
    )
  const settled = await settleSelection({
    members: members.value,
    extras: { with: asked.with, ...certificates.value },
    choice: { order: asked.order, prefer: asked.prefer },
  })
  if (!settled.ok) return refuse({ status: 1, messages: settled.error })
  const bills = await billsOf(asked, members.value, settled.value)
  if (!bills.ok) return bills
  const done = await (asked.form === 'tar'
    ? withTrees(storeRoot(process.env, asked.tree), members.value, use =>
        tarball(use, asked, settled.value, bills.value),
      )
    : image(asked, settled.value, named.value, bills.value))
  if (!done.ok) return done
  for (const { file, text } of bills.value) {
    const written = file === undefined ? ok(undefined) : writeText(file, text)
    if (!written.ok) return written
  }
  return done
}

interface MadeBill {
  readonly format: BillFormat
  readonly text: string
  /** Where it is written; in an image it is found without. */
  readonly file?: string
}

/** A file that was named, or one beside an archive. */
function billFile({ form, out }: ExportRequest, { format, file }: BillRequest): string | undefined {
  return file ?? (form === 'oci' || out === undefined ? undefined : `${out}${BILL_ENDING[format]}`)
}

/** Folders that the export makes will be there. */
function billFault(file: string, { form, out }: ExportRequest): string | undefined {
  if (file === out) return 'that is what is exported'
  const there = destinationOf(file)
  if (there.kind === 'stream') return undefined
  const folder = dirname(file)
  if (out === folder ? shapeOf(form, out) === 'folder' : out?.startsWith(`${folder}/`) && !existsSync(folder))
    return fileFault(there)
  try {
    if (!statSync(folder).isDirectory()) return FILE_SYSTEM.ENOTDIR
    accessSync(folder, constants.W_OK)
  } catch (error) {
    const fault = systemFault(error)
    if (!fault) throw error
    return fault.why
  }
  return fileFault(there)
}

async function billsOf(
  asked: ExportRequest,
  members: readonly ClosureMember[],
  { extras }: Settled,
): Promise<Result<readonly MadeBill[], Refusal>> {
  if (asked.sboms.length === 0) return ok([])
  const bill = await (await import('../../bill-of-materials.ts')).billOf(asked.tree, members, extras)
  if (!bill.ok) return bill
  const made = asked.sboms.map(async (one): Promise<MadeBill> => {
    const file = billFile(asked, one)
    const text = await billText(bill.value, one.format)
    return { format: one.format, text, ...(file === undefined ? {} : { file }) }
  })
  return ok(await Promise.all(made))
}

const MAX_CERTIFICATES = 16 * 1024 ** 2

function readCertificates(path: string | undefined): Result<{ readonly certificates?: Buffer }, Refusal> {
  if (path === undefined) return ok({})
  const fault = (why: string): Result<never, Refusal> =>
    refuse(trouble({ cannot: `read the certificates ${quoted(path)}`, why }))
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return fault('it is not a file')
    if (stats.size > MAX_CERTIFICATES) return fault('it is larger than 16 MiB')
    const certificates = readFileSync(path)
    return certificates.includes('-----BEGIN CERTIFICATE-----')
      ? ok({ certificates })
      : fault('there is none in it (PEM)')
  } catch (error) {
    return fault(readingFault(error))
  }
}

async function tarball(
  use: StoreUse,
  { out = '' }: ExportRequest,
  settled: Settled,
  bills: readonly MadeBill[],
): Promise<Result<Done, Refusal>> {
  const members = await mergedMembers(settled, use)
  if (!members.ok) return refuse({ status: 1, messages: members.error })
  const written = await writeTarball(out, members.value, !out.endsWith('.tar'))
  if (!written.ok) return refuse(trouble(outputMessage(out, written.error)))
  const digest = `sha256:${written.value}`
  return ok({
    answer: {
      form: 'tar',
      out,
      digest,
      id: null,
      layers: [],
      pushed: null,
      sboms: bills.map(one => describeBill(one)),
    },
    lines: [`${digest}  ${out}`],
  })
}

/** An image, with as many layers as it may have. */
async function image(
  asked: ExportRequest,
  settled: Settled,
  names: Names,
  bills: readonly MadeBill[],
): Promise<Result<Done, Refusal>> {
  const { contents, extras } = settled
  const { merged, alone } = stackLayers(contents, asked.maxLayers - (extras.length > 0 ? 1 : 0))
  if (merged.length === 0) return imageWith(undefined, asked, settled, names, bills)
  const scratch = openScratch('coolports-export')
  if (!scratch.ok) return scratch
  try {
    const members = merged.map(one => one.member)
    const layer = await withTrees(storeRoot(process.env, asked.tree), members, use =>
      mergedLayer(merged, use, scratch.value, asked.uncompressed),
    )
    // The packages are whole: they were read before.
    if (!layer.ok) return refuse({ status: 2, messages: layer.error })
    return await imageWith(layer.value, asked, { contents: alone, extras }, names, bills)
  } finally {
    removeTree(scratch.value)
  }
}

async function imageWith(
  merged: Layer | undefined,
  asked: ExportRequest,
  settled: Settled,
  names: Names,
  bills: readonly MadeBill[],
): Promise<Result<Done, Refusal>> {
  const { form, out, uncompressed } = asked
  const { image, layers } = await imageOf(settled, asked, uncompressed, merged)
  const attachments =
    form !== 'oci'
      ? []
      : bills.map(({ format, text }) =>
          attach(image, Buffer.from(text), BILL_TYPE[format], `sbom${BILL_ENDING[format]}`),
        )
  if (out !== undefined) {
    const files =
      form === 'docker'
        ? dockerFiles(image, layers, names.name)
        : layoutFiles(image, layers, names, attachments)
    const written = await write(form, out, files)
    if (!written.ok) return written
  }
  const pushed =
    names.push === undefined ? ok(undefined) : await push(asked, image, layers, names.push, attachments)
  if (!pushed.ok) return pushed
  const digest = `sha256:${image.digest}`
  const to = names.push && formatReference({ ...names.push, tag: names.push.tag ?? 'latest' })
  return ok({
    answer: {
      form,
      out: out ?? null,
      digest,
      id: `sha256:${image.id}`,
      layers: layers.map(describeLayer),
      pushed: pushed.value === undefined ? null : { to, ...counts(pushed.value) },
      sboms: bills.map((one, index) => describeBill(one, attachments[index])),
    },
    lines: [
      ...(out === undefined ? [] : [`${digest}  ${out}`]),
      ...(pushed.value === undefined ? [] : [`${digest}  ${to}: ${formatPushed(pushed.value)}`]),
    ],
  })
}

const describeBill = ({ format, file }: MadeBill, attachment?: Attachment) => ({
  format,
  file: file ?? null,
  digest: attachment ? `sha256:${attachment.descriptor.digest}` : null,
})

const describeLayer = ({ what, descriptor, tar }: Layer) => ({
  what,
  mediaType: descriptor.mediaType,
  digest: `sha256:${descriptor.digest}`,
  size: descriptor.size,
  tar: `sha256:${tar}`,
  annotations: descriptor.annotations ?? {},
})

const counts = ({ blobs, sentBytes }: Pushed) => ({
  sent: blobs.sent,
  shared: blobs.shared,
  there: blobs['was there'],
  bytes: sentBytes,
})

async function write(
  form: ExportRequest['form'],
  out: string,
  files: readonly FormFile[],
): Promise<Result<void, Refusal>> {
  const written = await (shapeOf(form, out) === 'folder' ? writeFolder(out, files) : writeArchive(out, files))
  return written.ok ? written : refuse(trouble(outputMessage(out, written.error)))
}

const shapeOf = (form: ExportRequest['form'], out: string): Shape =>
  form === 'oci' && !out.endsWith('.tar') ? 'folder' : 'file'

async function push(
  { insecure, mountFrom }: ExportRequest,
  image: Parameters<typeof pushImage>[0],
  layers: readonly Layer[],
  to: Reference,
  attachments: readonly Attachment[],
): Promise<Result<Pushed, Refusal>> {
  const connected = connect(to.registry, { env: process.env, insecure })
  if (!connected.ok) return refuse(trouble(connected.error))
  try {
    const pushed = await pushImage(image, layers, to, connected.value, { mountFrom, attachments })
    return pushed.ok ? pushed : refuse(no(pushed.error))
  } finally {
    await connected.value.close()
  }
}
