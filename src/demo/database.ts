import { DatabaseSync } from 'node:sqlite';

/** A table read back, ready to be shown: the first row has the names of the columns. */
type Rows = readonly (readonly (string | number | null)[])[];

/** What the demo reads back of the sink's database. */
export interface ReadBack {
  readonly rows: number;
  /** Above `rows` by as much as was written again. */
  readonly writes: number;
  readonly mostDelayed: Rows;
  readonly worstRoutes: Rows;
}

const MOST_DELAYED = `
  SELECT replace(substr(date, 1, 16), 'T', ' ') AS date, origin, origin_city AS "from", destination, destination_city AS "to", delay AS "delay min"
  FROM flights ORDER BY flights.delay DESC, flights.date LIMIT 5`;

const WORST_ROUTES = `
  SELECT origin || ' ' || ifnull(origin_city, '') AS "from", destination || ' ' || ifnull(destination_city, '') AS "to",
    count(*) AS flights, round(avg(delay), 1) AS "mean delay min", max(delay) AS "max delay min"
  FROM flights GROUP BY origin, destination HAVING count(*) >= ?
  ORDER BY avg(delay) DESC LIMIT 5`;

/** Reads the rows and their sums; the sink may still have the file open. */
export function readBack(file: string): ReadBack {
  using database = new DatabaseSync(file, { readOnly: true });
  const table = (sql: string, ...parameters: number[]): Rows => {
    const statement = database.prepare(sql);
    const found = statement.all(...parameters) as Record<string, string | number | null>[];
    return [statement.columns().map(({ name }) => name), ...found.map((row) => Object.values(row))];
  };
  const [, [rows, writes] = []] = table('SELECT count(*), ifnull(sum(writes), 0) FROM flights');
  return {
    rows: Number(rows),
    writes: Number(writes),
    mostDelayed: table(MOST_DELAYED),
    // a route with a flight or two says nothing of the route
    worstRoutes: table(WORST_ROUTES, Math.max(1, Math.min(50, Math.floor(Number(rows) / 5_000)))),
  };
}
