import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';

/** A client program to run to its end. */
export type Program = {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Given on stdin, which is then closed; by default stdin is empty. */
  readonly input?: string;
  /** When to end it by force, in milliseconds. */
  readonly timeoutMs: number;
};

export type ProgramResult = {
  /** null when it was ended by a signal, as after its timeout. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a program to its end; rejects only if it cannot be started. */
export function runProgram(program: Program): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program.command, program.args, {
      cwd: program.cwd,
      env: { ...process.env, ...program.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: program.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const endNow = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', endNow);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    // 'close' and not 'exit': by then all output has been read.
    child.on('close', (exitCode) => {
      process.off('exit', endNow);
      resolve({ exitCode, stdout, stderr });
    });
    // A program that ends before it has read all its input is judged by its exit code, not by the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(program.input ?? '');
  });
}

/**
 * Runs a client program that reports every check as `ok - name` or `not ok - name: why`, and makes a subtest of each.
 * The program must report at least one check, must not die, and its exit code must agree with its lines.
 */
export async function runChecks(t: TestContext, program: Program): Promise<void> {
  const result = await runProgram(program);
  const lines = [...result.stdout.matchAll(/^(not )?ok - ([^:\n]+)(?:: (.*))?$/gm)];
  for (const [, not, name = '', why] of lines) {
    await t.test(name, () => {
      assert.equal(not, undefined, why);
    });
  }
  const failed = lines.some(([, not]) => not !== undefined);
  assert.ok(
    lines.length > 0 && (result.exitCode === 0) === !failed,
    `${program.command} ended with ${result.exitCode ?? 'a signal'} after ${lines.length} checks\n` +
      `${result.stdout.slice(-4000)}\n${result.stderr.slice(-4000)}`,
  );
}

/** The `skip` of a test that needs `present`; with CI=true it is always false, so that nothing passes in silence. */
export function skipUnless(present: boolean, reason: string): string | false {
  const { CI } = process.env;
  return present || CI === 'true' ? false : reason;
}
