import type { Id } from '../../protocol/generated/data.ts';
import type { AuthenticationProvider } from './authentication-provider.ts';

/** `ip`: an address, or a network as `address/bits`. Every connection has its own address as an identity. */
export class IpProvider implements AuthenticationProvider {
  readonly scheme = 'ip';
  readonly authenticates = false;

  authenticate(_data: Uint8Array | null, remoteAddress: string): readonly Id[] {
    return [{ scheme: this.scheme, id: remoteAddress }];
  }

  isValid(id: string): boolean {
    return parseNetwork(id) !== undefined;
  }

  matches(id: string, expression: string): boolean {
    const network = parseNetwork(expression);
    const address = parseAddress(id);
    if (network === undefined || address?.length !== network.address.length) return false;
    return network.address.every((byte, i) => {
      const bits = Math.min(8, Math.max(0, network.bits - 8 * i));
      const mask = (0xff00 >> bits) & 0xff;
      return (byte & mask) === ((address[i] as number) & mask);
    });
  }

  userName(id: string): string {
    return id;
  }
}

function parseNetwork(expression: string): { address: number[]; bits: number } | undefined {
  const slash = expression.indexOf('/');
  const address = parseAddress(slash < 0 ? expression : expression.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = slash < 0 ? address.length * 8 : parseInteger(expression.slice(slash + 1));
  if (bits === undefined || bits < 0 || bits > address.length * 8) return undefined;
  return { address, bits };
}

/** The address's 4 or 16 bytes. */
function parseAddress(text: string): number[] | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = parts.map(parseInteger);
  return bytes.every((byte) => byte !== undefined && byte >= 0 && byte <= 255)
    ? (bytes as number[])
    : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves;
  const count = head.length + tail.length;
  if (halves.length === 1 ? count !== 8 : count >= 8) return undefined;
  const segments = [...head, ...Array<string>(8 - count).fill('0'), ...tail];
  const bytes: number[] = [];
  for (const segment of segments) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(segment)) return undefined;
    const value = Number.parseInt(segment, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
}

/** As Integer.parseInt reads it: a sign and digits, no blanks. */
function parseInteger(text: string): number | undefined {
  if (!/^[+-]?\d{1,10}$/.test(text)) return undefined;
  return Number.parseInt(text, 10);
}
