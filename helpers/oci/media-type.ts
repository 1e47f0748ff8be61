/** Source of the names: OCI image specification 1.1, "OCI Image Media Types". */
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const CONFIG = 'application/vnd.oci.image.config.v1+json'
export const LAYER = 'application/vnd.oci.image.layer.v1.tar'
export const LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** The config of a manifest that is no image: `{}`. */
export const EMPTY = 'application/vnd.oci.empty.v1+json'

/** Docker's own manifest, of the same form as MANIFEST. */
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
