import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConveyorError } from '../../../src/foundation/errors.ts';
import { createLogger, type LoggerOptions } from '../../../src/foundation/telemetry/create-logger.ts';
import type { Logger } from '../../../src/foundation/telemetry/logger.ts';

function logged(options: Partial<LoggerOptions>, use: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  use(createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line), ...options }));
  return lines;
}
const parsed = (line = ''): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

describe('the JSON log', () => {
  it('is one object a line: time, level, component, message, fields', () => {
    const [line, ...more] = logged({}, (logger) =>
      logger.child('discovery').info('service found', { port: 50052 }),
    );
    assert.equal(more.length, 0);
    assert.ok(line!.endsWith('\n'));
    const { time, ...rest } = parsed(line);
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 5_000);
    assert.deepEqual(rest, { level: 'info', component: 'discovery', message: 'service found', port: 50052 });
  });

  it('expands an error with its code, causes and the errors of an aggregate, wherever it is', () => {
    const cause = new AggregateError([new Error('inner')], 'several');
    const error = new ConveyorError('UNAVAILABLE', 'router is gone', { cause });
    const [line] = logged({}, (logger) => logger.error('call failed', { nested: { error } }));
    const { error: shown } = parsed(line)['nested'] as { error: Record<string, unknown> };
    assert.deepEqual(
      [shown['name'], shown['code'], shown['message']],
      ['ConveyorError', 'UNAVAILABLE', 'router is gone'],
    );
    assert.match(String(shown['stack']), /logger\.test\.ts/);
    const below = shown['cause'] as { message: string; errors: { message: string }[] };
    assert.deepEqual([below.message, below.errors[0]?.message], ['several', 'inner']);
  });

  it('takes cycles, big integers, bytes and fields that are named as the head is', () => {
    const cycle: Record<string, unknown> = { big: 12n, bytes: Buffer.alloc(5), set: new Set([1]) };
    cycle['self'] = cycle;
    const [line] = logged({}, (logger) => logger.warn('odd', { cycle, message: 'not this', level: 'x' }));
    const { message, level, cycle: shown } = parsed(line);
    assert.deepEqual([message, level], ['odd', 'warn']);
    assert.equal((shown as { big: string }).big, '12');
    assert.equal((shown as { bytes: string }).bytes, '5 bytes');
  });

  it('leaves out what is below its level', () => {
    const lines = logged({ level: 'warn' }, (logger) => {
      logger.info('no');
      logger.debug('no');
      logger.warn('yes');
      logger.child('a').child('b').error('yes');
    });
    assert.deepEqual(
      lines.map((line) => parsed(line)['component']),
      [undefined, 'a.b'],
    );
  });
});

describe('the pretty log', () => {
  const pretty = { format: 'pretty', colours: false } as const;

  it('is one line for people, without stacks', () => {
    const error = new ConveyorError('UNAVAILABLE', 'no answer', { cause: new Error('ECONNREFUSED') });
    const lines = logged(pretty, (logger) =>
      logger
        .child('session')
        .warn('router lost', { address: 'r:1', error, note: 'two words', none: undefined }),
    );
    assert.equal(lines.length, 1);
    assert.match(
      lines[0]!,
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}session router lost address=r:1 error="UNAVAILABLE: no answer <- ECONNREFUSED" note="two words"\n$/,
    );
  });

  it('shows the stack at debug level', () => {
    const lines = logged({ ...pretty, level: 'debug' }, (logger) =>
      logger.debug('failed', { error: new Error('x') }),
    );
    assert.match(lines.join(''), /Error: x\n\s+at /);
  });

  it('keeps a hostile value on its line', () => {
    const lines = logged(pretty, (logger) => logger.info('got', { name: 'a\nb\u001b[31m' }));
    assert.match(lines[0]!, /name="a\\nb\\u001b\[31m"\n$/);
  });

  it('has colours unless told', () => {
    assert.match(logged({ format: 'pretty' }, (logger) => logger.info('hello')).join(), /\u001b\[32mINFO/);
  });
});
