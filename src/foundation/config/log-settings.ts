import { setting } from './setting.ts';
import { oneOf } from './text-types.ts';

/** The settings of every program's log. */
export const LOG_SETTINGS = {
  logLevel: setting({
    env: 'LOG_LEVEL',
    group: 'Log',
    describe: 'least severity that is logged',
    type: oneOf('error', 'warn', 'info', 'debug'),
    default: 'info',
  }),
  logFormat: setting({
    env: 'LOG_FORMAT',
    group: 'Log',
    describe: 'lines for people, or one JSON object a line',
    type: oneOf('pretty', 'json'),
    default: ({ terminal }) => (terminal ? 'pretty' : 'json'),
    defaultText: 'pretty on a terminal, else json',
  }),
};
