/** Counts what the SQLite sink holds: `node examples/count.ts`, beside it. */
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.env['DATABASE'] ?? 'flights.db', { readOnly: true });
console.log(
  JSON.stringify(
    database.prepare('SELECT count(*) AS flights, sum(writes) - count(*) AS repeats FROM flights').get(),
  ),
);
