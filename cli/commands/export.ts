import type { Argv } from 'yargs'
import { type Common, command, jobsOption, jsonOption, LIST, packagesOption } from '../command.ts'
import { complain, json, print } from '../output.ts'
import { FORMS, readExportRequest } from './export/request.ts'

/**
 * JSON: `{ form, out, digest, id, layers, pushed }`; `digest` is the sha256 of the tar for "tar", else that of the
 * manifest; `id` is the sha256 of the image's config, null for "tar"; `layers` is a list of
 * `{ what, mediaType, digest, size, tar, annotations }`, the lowest first, empty for "tar"; `out` is a path or null;
 * `pushed` is null or `{ to, sent, shared, there, bytes }`;
 * `sboms` is a list of `{ format, file, digest }`: its file or null, and the digest of the artifact in an image, or null.
 */
export const exportCommand = command({
  usage: 'export <form> <packages..>',
  about: 'Write packages and all that they need to run as one archive, or as an image',
  details:
    'Forms: tar (OUT ends in .tar or .tar.gz), oci (an image layout: a folder, or an archive where OUT ends in .tar), docker (for docker load). Equal packages and options give equal bytes. Builds what is missing first.\nExit status: 0 written, 1 a package is damaged, packages differ at a path, or the registry refuses, 2 misuse or trouble.',
  examples: [
    ['coolports export tar make -o make.tar.gz', 'one archive to unpack anywhere'],
    ['coolports export oci make -o make.oci --entrypoint /bin/make', 'an image layout, one layer a package'],
    ['coolports export docker make --name make:4.4 -o make.tar', 'then: docker load -i make.tar'],
    ['coolports export oci make --push registry.example/tools/make:4.4', 'what the registry lacks'],
    ['coolports export oci make -o make.oci --sbom spdx', 'with a bill of materials attached'],
  ],
  packageOptions: ['prefer'],
  options: yargs => imageOptions(choiceOptions(jsonOption(jobsOption(packagesOption(formOption(yargs)))))),
  run: async args => {
    const asked = readExportRequest(args)
    if (!asked.ok) return complain(asked.error)
    const { carryOut } = await import('./export/carry-out.ts')
    const done = await carryOut(asked.value)
    if (!done.ok) return complain(done.error)
    if (args.json) print(json(done.value.answer))
    else for (const line of done.value.lines) print(line)
    return 0
  },
})

const formOption = (yargs: Argv<Common>) =>
  yargs
    .positional('form', { choices: FORMS, demandOption: true, describe: 'what is written' })
    .option('out', { alias: 'o', type: 'string', requiresArg: true, describe: 'where it is written' })

const choiceOptions = <Args extends Common>(yargs: Argv<Args>) =>
  yargs
    .option('order', {
      type: 'boolean',
      default: false,
      describe: "where packages differ at a path, the earlier package's file is seen",
    })
    .option('prefer', { ...LIST, describe: 'a package whose files are seen before those of others' })
    .option('with', {
      ...LIST,
      choices: ['passwd', 'tmp'] as const,
      describe: '/etc/passwd and /etc/group with root and nobody; a /tmp for all',
    })
    .option('certificates', {
      ...WORD,
      describe: 'a file of certificates, as /etc/ssl/certs/ca-certificates.crt',
    })
    .option('sbom', {
      ...LIST,
      describe:
        'a bill of materials: cyclonedx or spdx, or FILE.cdx.json or FILE.spdx.json; attached to an image of the form oci, else beside OUT',
    })

const imageOptions = <Args extends Common>(yargs: Argv<Args>) =>
  yargs
    .option('name', {
      ...WORD,
      describe: 'NAME[:TAG] of the image; else that of the first package, and latest',
    })
    .option('entrypoint', { ...LIST, describe: 'a word of the command that is run; once for each' })
    .option('cmd', { ...LIST, describe: 'a word that comes after it unless another is given; once for each' })
    .option('env', { ...LIST, describe: 'NAME=VALUE; PATH is /bin:/usr/bin unless it is given' })
    .option('label', { ...LIST, describe: 'NAME=VALUE' })
    .option('user', { ...WORD, describe: 'USER[:GROUP], names or numbers' })
    .option('workdir', { ...WORD, describe: 'the folder in which it starts' })
    .option('uncompressed', {
      type: 'boolean',
      default: false,
      describe: 'layers that are the tars themselves: larger, and no compressor decides about the digest',
    })
    .option('max-layers', {
      type: 'number',
      requiresArg: true,
      describe: 'where there are more packages, the smallest share a layer; 100 unless it is given',
    })
    .option('push', { ...WORD, describe: 'REGISTRY/REPOSITORY[:TAG] to which the image is pushed' })
    .option('mount-from', { ...LIST, describe: 'a repository of that registry that may have the layers' })
    .option('insecure', {
      type: 'boolean',
      default: false,
      describe: 'plain http with the registry; with this machine it is the rule',
    })

const WORD = { type: 'string', requiresArg: true } as const
