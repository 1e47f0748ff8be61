/** The variables of an environment, such as those of `process.env`; here they are only read. */
export type Env = Readonly<Record<string, string | undefined>>
