import yargs, { type Argv } from 'yargs';
import type { ConfigArguments, SystemProperties } from '../config.ts';

/** What the command line asks for. */
export type Command =
  | {
      readonly kind: 'server';
      readonly source: ConfigSource;
      readonly systemProperties: SystemProperties;
    }
  | { readonly kind: 'status'; readonly host: string; readonly port: number }
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly text: string }
  /** Nothing that can be done; `message` says why, and what to write instead. */
  | { readonly kind: 'invalid'; readonly message: string };

/** Where a server's configuration comes from. */
export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'arguments'; readonly arguments: ConfigArguments }
  | { readonly kind: 'quickStart' };

/** Where `okapi status` asks when it is not told. */
const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 2181;

/** Reads the arguments after the program's name. Prints nothing and does not end the process. */
export function parseArguments(args: readonly string[]): Command {
  const { rest, systemProperties } = takeSystemProperties(args);
  const javaOption = rest.find((arg) => arg.startsWith('-X'));
  if (javaOption !== undefined) return invalid(`${javaOption} is an option of Java; leave it out`);
  if (rest.includes('--version')) return { kind: 'version' };
  let failure: string | undefined;
  let output = '';
  const parsed = commandLine().parseSync([...rest], {}, (error, _argv, text) => {
    if (error !== undefined && error !== null) failure = error.message;
    output = text;
  });
  if (failure !== undefined) return invalid(failure);
  if (output !== '') return { kind: 'help', text: output };
  // Words after `--` stay with the command's name.
  const { _: command, arguments: words } = parsed;
  const [name, ...afterDashes] = command.map(String);
  const given = [...(Array.isArray(words) ? words.map(String) : []), ...afterDashes];
  switch (name) {
    case 'server':
      return serverCommand(given, systemProperties);
    case 'status':
      return statusCommand(given);
    case 'version':
      return { kind: 'version' };
    default:
      return invalid('Say what to do: okapi server, okapi status or okapi version.');
  }
}

const SEE_HELP = 'okapi --help shows all commands, with examples.';

/**
 * Takes `-Dkey=value` out, as Java does, and `-D key=value`; a key alone has an empty value. Keys have dots,
 * which yargs would make objects of.
 */
function takeSystemProperties(args: readonly string[]): {
  rest: readonly string[];
  systemProperties: SystemProperties;
} {
  const systemProperties = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-D')) {
      rest.push(arg);
      continue;
    }
    const assignment = arg === '-D' ? (args[++i] ?? '') : arg.slice(2);
    const [key = '', ...value] = assignment.split('=');
    systemProperties.set(key, value.join('='));
  }
  return { rest, systemProperties };
}

function commandLine(): Argv {
  return yargs([])
    .scriptName('okapi')
    .usage('Okapi, a coordination server that ZooKeeper clients use unchanged.\n\n$0 <command>')
    .command('server [arguments..]', 'run a server', (server) =>
      server
        .usage(
          'okapi server                      its data in ./data, clients on port 2181\n' +
            'okapi server <zoo.cfg>            as a configuration file says\n' +
            'okapi server <port> <dataDir> [tickTime [maxClientCnxns]]\n' +
            '                                  as Apache ZooKeeper takes its arguments\n\n' +
            'Runs in the foreground until it gets SIGTERM or SIGINT. zoo.cfg.example explains the file.',
        )
        .option('D', {
          type: 'string',
          requiresArg: true,
          describe:
            'set a key that the file does not: -Dkey=value or -Dzookeeper.key=value; repeatable',
        })
        .example('okapi server', 'try it: zkCli.sh -server localhost:2181 connects')
        .example(
          'okapi server /etc/zookeeper/conf/zoo.cfg',
          'in place of zkServer.sh start-foreground',
        )
        .example('okapi server -Djute.maxbuffer=4194304 zoo.cfg', 'znodes up to 4 MiB')
        .example('okapi server 2182 /var/lib/okapi 2000', 'without a file')
        .positional('arguments', {
          type: 'string',
          describe: 'zoo.cfg, or port dataDir [tickTime [maxClientCnxns]]',
        }),
    )
    .command('status [arguments..]', 'ask a server for its mode', (status) =>
      status
        .usage(
          'okapi status [host:port]\n\n' +
            'Prints the mode of a server (localhost:2181 unless given), as zkServer.sh status does. It works with\n' +
            'Apache ZooKeeper, too. The exit code is 0 if the server serves clients, and 1 if not.',
        )
        .example('okapi status', 'Mode: standalone')
        .example('okapi status zk2:2181', 'Mode: follower')
        .example('okapi status [::1]:2182', 'an IPv6 address stands in brackets')
        .positional('arguments', { type: 'string', describe: 'host:port' }),
    )
    .command('version', 'print the version')
    .example('okapi server', 'a server with its data in ./data, for clients on port 2181')
    .example('okapi server zoo.cfg', 'a server as zoo.cfg says')
    .example('okapi server --help', 'all ways to run a server')
    .example('okapi status', 'whether the server on this machine serves clients')
    .version(false)
    .help()
    .alias('help', 'h')
    .locale('en')
    .wrap(100)
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false })
    .strict()
    .strictCommands()
    .exitProcess(false)
    .showHelpOnFail(false);
}

function serverCommand(words: readonly string[], systemProperties: SystemProperties): Command {
  const [first, dataDir, tickTime, maxClientCnxns, ...more] = words;
  const server = (source: ConfigSource): Command => ({ kind: 'server', source, systemProperties });
  if (first === undefined) return server({ kind: 'quickStart' });
  if (dataDir === undefined) {
    return isNumber(first)
      ? invalid(
          `${first} is a port, and the directory for its data is missing: okapi server ${first} <dataDir>`,
        )
      : server({ kind: 'file', path: first });
  }
  if (more.length > 0)
    return invalid(`${more.join(' ')} is too much: the fourth argument is the last`);
  const named: readonly [name: string, value: string | undefined][] = [
    ['port', first],
    ['tickTime', tickTime],
    ['maxClientCnxns', maxClientCnxns],
  ];
  for (const [name, value] of named) {
    if (value !== undefined && !isNumber(value)) {
      return invalid(
        `${value} is not a number: okapi server <port> <dataDir> [tickTime [maxClientCnxns]] has the ${name} there`,
      );
    }
  }
  return server({
    kind: 'arguments',
    arguments: {
      clientPort: Number(first),
      dataDir,
      tickTimeMs: tickTime === undefined ? null : Number(tickTime),
      maxClientCnxns: maxClientCnxns === undefined ? null : Number(maxClientCnxns),
    },
  });
}

function statusCommand(words: readonly string[]): Command {
  const [address, ...more] = words;
  if (more.length > 0)
    return invalid(`${more.join(' ')} is too much: okapi status asks one server`);
  if (address === undefined) return { kind: 'status', host: DEFAULT_HOST, port: DEFAULT_PORT };
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(address);
  if (match === null || Number(match[3] ?? 0) > 65_535) {
    return invalid(
      `${address} is not host:port; an IPv6 address stands in brackets, as in [::1]:2181`,
    );
  }
  const name = match[1] ?? match[2]!;
  if (match[3] === undefined && isNumber(name)) {
    return { kind: 'status', host: DEFAULT_HOST, port: Number(name) };
  }
  return {
    kind: 'status',
    host: name === '' ? DEFAULT_HOST : name,
    port: match[3] === undefined ? DEFAULT_PORT : Number(match[3]),
  };
}

function invalid(message: string): Command {
  return { kind: 'invalid', message: `${message}\n\n${SEE_HELP}` };
}

function isNumber(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}
