/** Told what happens to each source while it is fetched. */
export interface Reporter {
  started(file: string, place: string): void
  moved(file: string, have: number, total: number | undefined): void
  /** No byte came from there so far; the next place is asked as well. */
  dawdles(file: string, place: string, why: string): void
  failed(file: string, place: string, why: string, last: boolean): void
  fetched(file: string, bytes: number): void
  waiting(file: string, pid: number): void
  note(text: string): void
  close(): void
}
