import { promises } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';

/** How long the holder of a lock may take to say who it is. */
const ANSWER_TIMEOUT_MS = 1000;

/**
 * A lock on a directory that ends with its process, also when that is killed, and leaves nothing behind.
 *
 * Node has no file locks. On Linux it is a listening socket in the abstract namespace, named by the directory's device
 * and inode: the name can be taken once, the kernel gives it back, and there is no file. It does not reach into another
 * machine or another network namespace (most containers), nor do other systems have it; there `acquire` always succeeds.
 */
export class DirectoryLock {
  readonly #server: Server | null;

  private constructor(server: Server | null) {
    this.#server = server;
  }

  /** Rejects with EBUSY if the directory is locked, by this process or another; with the system's error if there is none. */
  static async acquire(directory: string): Promise<DirectoryLock> {
    const { dev, ino } = await promises.stat(directory, { bigint: true });
    if (process.platform !== 'linux') return new DirectoryLock(null);
    const name = `\0okapi-directory-lock:${dev}:${ino}`;
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(String(process.pid));
    });
    // The lock alone keeps no process running.
    server.unref();
    const code = await listen(server, name);
    if (code === 'EADDRINUSE') throw inUse(directory, await holderOf(name));
    // Where the socket is forbidden, as some sandboxes do, the server has to do without the lock.
    return new DirectoryLock(code === null ? server : null);
  }

  release(done: () => void): void {
    if (this.#server === null) setImmediate(done);
    else this.#server.close(done);
  }
}

/** Null, or the code of the error. */
function listen(server: Server, name: string): Promise<string | null> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'));
    server.listen({ path: name, exclusive: true }, () => resolve(null));
  });
}

/** The pid that the holder gives; empty if it does not answer. */
function holderOf(name: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ path: name });
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      answer += text;
    });
    // However it ends, what was heard until then is the answer.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer));
  });
}

function inUse(directory: string, holder: string): Error {
  const who = holder === '' ? 'another process' : `process ${holder}`;
  return Object.assign(new Error(`EBUSY: ${directory} is in use by ${who}`), { code: 'EBUSY' });
}
