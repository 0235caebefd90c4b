import type { ConfStatus } from './server-status.ts';

/** Where both servers keep snapshots and logs below the configured directories (on-disk format 2). */
const VERSION_DIR = 'version-2';

/** `conf`: the configuration that the server runs with. */
export function confWord(conf: ConfStatus): string {
  const lines = [
    `clientPort=${conf.clientPort}`,
    `secureClientPort=${conf.secureClientPort ?? -1}`,
    `dataDir=${conf.dataDir}/${VERSION_DIR}`,
    `dataDirSize=${conf.dataDirBytes}`,
    `dataLogDir=${conf.dataLogDir}/${VERSION_DIR}`,
    `dataLogSize=${conf.dataLogDirBytes}`,
    `tickTime=${conf.tickTimeMs}`,
    `maxClientCnxns=${conf.maxClientCnxns}`,
    `minSessionTimeout=${conf.minSessionTimeoutMs}`,
    `maxSessionTimeout=${conf.maxSessionTimeoutMs}`,
    `clientPortListenBacklog=${conf.listenBacklog ?? -1}`,
    `serverId=${conf.serverId}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** `dirs`: how large the data directories are, in bytes. */
export function dirsWord(conf: ConfStatus): string {
  return `datadir_size: ${conf.dataDirBytes}\nlogdir_size: ${conf.dataLogDirBytes}\n`;
}
