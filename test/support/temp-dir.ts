import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A fresh folder for one test, and how to get rid of it. */
export type TempDir = {
  readonly path: string;
  /** Removes the folder and all that is in it; never fails because it is already gone. */
  remove(): Promise<void>;
};

/** Makes an empty folder below the system's folder for temporary files. */
export async function makeTempDir(purpose = 'test'): Promise<TempDir> {
  const folder = await mkdtemp(path.join(tmpdir(), `okapi-${purpose}-`));
  // A server that was just killed may still be unlinking a file of its own: retry instead of failing the test.
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  return { path: folder, remove };
}
