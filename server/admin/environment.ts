import type { Environment } from './server-status.ts';

/** What the process and its machine tell; gathered where `process` and `os` may be used. */
export type EnvironmentFacts = {
  /** As `fullVersion` makes it. */
  readonly version: string;
  readonly hostName: string;
  readonly nodeVersion: string;
  readonly nodePath: string;
  readonly temporaryDir: string;
  readonly osName: string;
  readonly osArch: string;
  readonly osVersion: string;
  readonly userName: string;
  readonly userHome: string;
  readonly workingDir: string;
  readonly freeMemoryBytes: number;
  readonly maxMemoryBytes: number;
  readonly totalMemoryBytes: number;
};

/**
 * The lines of `envi`: Apache ZooKeeper's names in its order, then Node's.
 *
 * deviates: what only a Java machine has is `<NA>`, as Apache ZooKeeper prints what it cannot tell.
 */
export function environmentOf(facts: EnvironmentFacts): Environment {
  return [
    ['zookeeper.version', facts.version],
    ['host.name', facts.hostName],
    ['java.version', '<NA>'],
    ['java.vendor', '<NA>'],
    ['java.home', '<NA>'],
    ['java.class.path', '<NA>'],
    ['java.library.path', '<NA>'],
    ['java.io.tmpdir', facts.temporaryDir],
    ['java.compiler', '<NA>'],
    ['os.name', facts.osName],
    ['os.arch', facts.osArch],
    ['os.version', facts.osVersion],
    ['user.name', facts.userName],
    ['user.home', facts.userHome],
    ['user.dir', facts.workingDir],
    ['os.memory.free', megabytes(facts.freeMemoryBytes)],
    ['os.memory.max', megabytes(facts.maxMemoryBytes)],
    ['os.memory.total', megabytes(facts.totalMemoryBytes)],
    ['node.version', facts.nodeVersion],
    ['node.path', facts.nodePath],
  ];
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 0x10_0000)}MB`;
}
