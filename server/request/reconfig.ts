import { ErrorCode } from '../../protocol/error-code.ts';
import type { PrepareContext } from './prepare-context.ts';

/** reconfig: a server that is alone has no ensemble to change. */
export function prepareReconfig(context: PrepareContext): ErrorCode {
  return context.options.reconfigEnabled ? ErrorCode.UNIMPLEMENTED : ErrorCode.RECONFIGDISABLED;
}
