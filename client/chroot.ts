/**
 * A client whose root is another node of the server. Only the client knows: paths get the prefix on their way out and
 * lose it on their way in.
 */
export class Chroot {
  /** The prefix, such as `/app`; '' for none. */
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The path as the server knows it. */
  toServer(path: string): string {
    if (this.prefix === '') return path;
    return path === '/' ? this.prefix : this.prefix + path;
  }

  /**
   * The path as this client knows it. A path that is not below the prefix stays as it is: that of `/zookeeper/config`,
   * which `getConfig` watches whatever the chroot.
   */
  toClient(path: string): string {
    if (this.prefix === '') return path;
    if (path === this.prefix) return '/';
    return path.startsWith(`${this.prefix}/`) ? path.slice(this.prefix.length) : path;
  }
}
