/** The root of the tree; also addressed as the empty string. */
export const ROOT_PATH = '/';
/** The server's own subtree. */
export const ZOOKEEPER_PATH = '/zookeeper';
/** Below it lie the limits and the usage of quotas. */
export const QUOTA_PATH = '/zookeeper/quota';
/** Holds the ensemble's configuration. */
export const CONFIG_PATH = '/zookeeper/config';

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Why `path` can't be the path of a znode, or null if it can (PathUtils.validatePath).
 *
 * A sequential node is validated with its number appended, so that `/a/` is a legal request then.
 */
export function validatePath(path: string | null): string | null {
  if (path === null) return 'a path is required';
  if (path.length === 0) return 'a path must not be empty';
  if (path.charCodeAt(0) !== SLASH) return 'a path must start with /';
  if (path.length === 1) return null;
  if (path.charCodeAt(path.length - 1) === SLASH) return 'a path must not end with /';
  let nameStart = 1;
  for (let i = 1; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    if (unit === SLASH) {
      if (i === nameStart) return `a name is empty at ${i}`;
      nameStart = i + 1;
    } else if (unit === DOT) {
      if (isRelativeName(path, nameStart, i)) return `a name is . or .. at ${nameStart}`;
    } else if (isForbidden(unit)) {
      return `character U+${unit.toString(16).padStart(4, '0').toUpperCase()} at ${i}`;
    }
  }
  return null;
}

/** The parent of a path other than the root's: `/` for a node at the top. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? ROOT_PATH : path.slice(0, slash);
}

/** The last component. */
export function nodeName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path of the child `name` of `parent`, which may be the root. */
export function childPath(parent: string, name: string): string {
  return parent === ROOT_PATH ? `/${name}` : `${parent}/${name}`;
}

/** Whether the node belongs to the server and must not be deleted (DataTree.isSpecialPath). */
export function isSpecialPath(path: string): boolean {
  return (
    path === ROOT_PATH || path === ZOOKEEPER_PATH || path === QUOTA_PATH || path === CONFIG_PATH
  );
}

/** Whether the name that starts at `start` ends with the dot at `at` and is `.` or `..`. */
function isRelativeName(path: string, start: number, at: number): boolean {
  const ends = at + 1 === path.length || path.charCodeAt(at + 1) === SLASH;
  if (!ends) return false;
  return at === start || (at === start + 1 && path.charCodeAt(start) === DOT);
}

/** Control characters, surrogates, the private use area and the specials, NUL among them. */
function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfff0
  );
}
