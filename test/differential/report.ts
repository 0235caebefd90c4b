/** Failures in words. */
import { opName } from './coverage.ts';
import { encodeRequest } from './encode.ts';
import type { Failure } from './run-seed.ts';
import type { Request, Step } from './step.ts';

/** Bytes of a request that are shown in hex. */
const HEX_LIMIT = 400;

/** Seed, step, the request decoded and in hex, both answers, and how to see it again. */
export function reportFailure(failure: Failure): string {
  const { difference, seed, stepIndex, steps, profile } = failure;
  const place = stepIndex === steps.length ? 'the audit after the last step' : `step ${stepIndex}`;
  return [
    `seed ${seed} (${profile.name}), ${place}: servers A and B differ (${difference.reason}, slot ${difference.slot})`,
    `  step  ${describeStep(difference.step)}`,
    ...hexLines(difference.step),
    `  A     ${JSON.stringify(difference.a)}`,
    `  B     ${JSON.stringify(difference.b)}`,
    `  again npm run differential -- --seed ${seed} --steps ${Math.min(stepIndex + 1, steps.length)}`,
    '',
  ].join('\n');
}

/** A numbered list of steps. */
export function listSteps(steps: readonly Step[]): string {
  return steps.map((step, i) => `${String(i).padStart(4)}  ${describeStep(step)}\n`).join('');
}

export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'request':
      return `slot ${step.slot}: ${describeRequest(step.request)}${inPieces(step.pieces)}`;
    case 'pipeline':
      return `slot ${step.slot}: in one write${inPieces(step.pieces)}:\n${step.requests.map((made) => `          ${describeRequest(made)}`).join('\n')}`;
    case 'connect':
      return `slot ${step.slot}: connect ${compact(step.handshake)}${inPieces(step.pieces)}`;
    case 'disconnect':
      return `slot ${step.slot}: disconnect with ${step.how}`;
    case 'garbage':
      return `slot ${step.slot}: bytes ${Buffer.from(step.bytes).toString('hex')}${step.end ? ', then FIN' : ''}`;
    case 'stranger':
      return `new connection: bytes '${Buffer.from(step.bytes).toString('hex')}', then FIN`;
    case 'expire':
      return `slot ${step.slot}: let the session expire`;
    case 'reap':
      return `slot ${step.slot}: ${describeRequest(step.request)}, then wait until ${step.remaining} nodes remain`;
    case 'restart':
      return `restart both servers after ${step.signal}`;
  }
}

function describeRequest({ op, body, xid, damage }: Request): string {
  const extras = [
    xid === undefined ? '' : ` xid ${xid}`,
    damage === undefined ? '' : ` damaged ${compact(damage)}`,
  ].join('');
  return `${opName(op)}${extras} ${compact(body)}`;
}

function inPieces(pieces: number): string {
  return pieces === 1 ? '' : ` (in ${pieces} pieces)`;
}

function hexLines(step: Step): string[] {
  const requests =
    step.kind === 'request' ? [step.request] : step.kind === 'pipeline' ? step.requests : [];
  // Zxids that depend on the server are shown as zero.
  const symbols = { zxid: () => ({ hi: 0, lo: 0 }) };
  return requests.map((made) => {
    const hex = encodeRequest(made, made.xid ?? 0, symbols).toString('hex');
    return `  hex   ${hex.length > HEX_LIMIT ? `${hex.slice(0, HEX_LIMIT)}... (${hex.length / 2} bytes)` : hex}`;
  });
}

/** JSON with bytes as hex and long strings cut. */
function compact(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Uint8Array) return `hex ${shortened(Buffer.from(item).toString('hex'))}`;
    // Buffers arrive here as their own JSON form.
    if (isBufferJson(item)) return `hex ${shortened(Buffer.from(item.data).toString('hex'))}`;
    return typeof item === 'string' ? shortened(item) : item;
  });
}

function isBufferJson(
  item: unknown,
): item is { readonly type: 'Buffer'; readonly data: readonly number[] } {
  return (
    typeof item === 'object' &&
    item !== null &&
    'type' in item &&
    item.type === 'Buffer' &&
    'data' in item
  );
}

function shortened(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 80)}...(${text.length})`;
}
