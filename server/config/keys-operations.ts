import { boolean, type ConfigKey, integer, later, notApplicable, port, text } from './key.ts';

const admin = later('the AdminServer');
const metrics = later('the Prometheus endpoint');

/** Reference 4.5, and what scripts around Apache ZooKeeper pass to Java. */
export const OPERATION_KEYS: readonly ConfigKey[] = [
  admin('admin.enableServer', boolean(true), 'the HTTP server for operators'),
  admin('admin.serverAddress', text('0.0.0.0'), 'address to listen on'),
  admin('admin.serverPort', port(8080), 'port to listen on'),
  admin('admin.commandURL', text('/commands'), 'path of the commands'),
  admin('admin.idleTimeout', integer(30_000), 'ms before an idle connection is closed'),
  admin('admin.httpVersion', integer(11), '11: HTTP/1.1'),
  admin('admin.portUnification', boolean(false), 'HTTP and HTTPS on that port'),
  admin('admin.forceHttps', boolean(false), 'HTTPS only'),
  admin('admin.needClientAuth', boolean(false), 'ask for a certificate'),
  admin('admin.rateLimiterIntervalInMS', integer(300_000), 'ms between snapshots or restores'),
  admin('admin.snapshot.enabled', boolean(true), 'snapshots by HTTP'),
  admin('admin.restore.enabled', boolean(true), 'restoring by HTTP'),
  metrics(
    'metricsProvider.className',
    text('org.apache.zookeeper.metrics.impl.DefaultMetricsProvider'),
    'class that shows the metrics; …prometheus.PrometheusMetricsProvider is the endpoint',
  ),
  metrics('metricsProvider.httpHost', text('0.0.0.0'), 'address of the endpoint'),
  metrics('metricsProvider.httpPort', port(7000), 'port of the endpoint'),
  metrics('metricsProvider.exportJvmInfo', boolean(true), 'also show the process'),
  notApplicable('metricsProvider.numWorkerThreads', 'threads that take measurements'),
  notApplicable('metricsProvider.maxQueueSize', 'measurements that wait for them'),
  notApplicable('metricsProvider.workerShutdownTimeoutMs', 'ms to wait for those threads'),
  metrics('metricsProvider.*', text(), 'settings of other classes', {
    family: /^metricsProvider\./,
  }),
  notApplicable('jmx.*', 'Java’s management interface', { family: /^jmx\./ }),
  notApplicable('log.*', 'Java’s logging, as zkServer.sh sets it', {
    family: /^(log\.|root\.logger$|console\.threshold$|tracelog\.)/,
  }),
  notApplicable('client keys', 'what a client reads', {
    family:
      /^(client\.secure|clientCnxnSocket|configuration|disableAutoWatchReset|request\.timeout|sasl\.client.*|server\.(principal|realm)|controllerPort)$/,
  }),
  notApplicable('Java’s properties', 'what the Java machine and its libraries read', {
    family: /^(java|javax|jdk|sun|com|org|user|file|os|log4j2?|logback|slf4j|networkaddress)\./,
  }),
];
