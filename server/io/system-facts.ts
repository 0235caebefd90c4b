import { readdirSync, readFileSync, statSync } from 'node:fs';
import { freemem, hostname, release, tmpdir, totalmem, type, userInfo } from 'node:os';
import { environmentOf } from '../admin/environment.ts';
import type { Environment } from '../admin/server-status.ts';
import type { SystemFacts } from '../status-reporter.ts';

/** What the process and its machine tell of themselves. */
export class ProcessFacts implements SystemFacts {
  readonly #version: string;
  /** Set once the listener is bound. */
  port: number = 0;

  constructor(version: string) {
    this.#version = version;
  }

  clientPort(): number {
    return this.port;
  }

  directoryBytes(dir: string): number {
    try {
      return readdirSync(dir).reduce((bytes, name) => bytes + fileBytes(`${dir}/${name}`), 0);
    } catch {
      // A directory that is not there (yet) holds nothing.
      return 0;
    }
  }

  openFileDescriptorCount(): number {
    try {
      return readdirSync('/proc/self/fd').length;
    } catch {
      // Not Linux.
      return -1;
    }
  }

  maxFileDescriptorCount(): number {
    try {
      const limits = readFileSync('/proc/self/limits', 'utf8');
      return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? -1);
    } catch {
      // Not Linux.
      return -1;
    }
  }

  workingDirectory(): string {
    return process.cwd();
  }

  environment(): Environment {
    const user = userInfo();
    return environmentOf({
      version: this.#version,
      hostName: hostname(),
      nodeVersion: process.version,
      nodePath: process.execPath,
      temporaryDir: tmpdir(),
      osName: type(),
      osArch: process.arch,
      osVersion: release(),
      userName: user.username,
      userHome: user.homedir,
      workingDir: process.cwd(),
      freeMemoryBytes: freemem(),
      maxMemoryBytes: totalmem(),
      totalMemoryBytes: totalmem(),
    });
  }
}

function fileBytes(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    // Purged between the listing and now.
    return 0;
  }
}
