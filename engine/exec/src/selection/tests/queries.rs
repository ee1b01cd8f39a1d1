//! Random queries of every shape over random datasets: what the scan declares (order, statistics, limits, run-time
//! filters) must not change an answer.

use super::*;

/// A query with its own predicates; `{c}`, `{d}` are columns, `{all}` all of them, `{p}`, `{q}` predicates.
const SHAPES: [&str; 19] = [
    "SELECT {c}, count(*), count({d}), min({d}), max({d}) FROM t WHERE {p} GROUP BY {c}",
    "SELECT count(*), count(DISTINCT {c}), min({c}), max({c}) FROM t WHERE {p}",
    "SELECT count(*) FILTER (WHERE {p}), max({c}) FILTER (WHERE {q}) FROM t",
    "SELECT count(*) FROM (SELECT * FROM t WHERE {p} LIMIT 5)",
    "SELECT count(*) FROM (SELECT {c} FROM t LIMIT 4 OFFSET 3)",
    "SELECT count(*), count(x) FROM ((SELECT {c} AS x FROM t WHERE {p} LIMIT 2) UNION ALL (SELECT {c} AS x FROM t LIMIT 3))",
    "SELECT count(*) FROM t a JOIN (SELECT * FROM t WHERE {p} LIMIT 100000) b ON a.{c} = b.{c}",
    "SELECT a.{c}, count(b.{d}) FROM t a LEFT JOIN (SELECT * FROM t WHERE {p}) b ON a.{c} = b.{c} GROUP BY a.{c}",
    "SELECT * FROM t WHERE {c} IN (SELECT {c} FROM t WHERE {p}) AND {q}",
    "SELECT * FROM t WHERE {c} NOT IN (SELECT {c} FROM t WHERE {p} AND {c} IS NOT NULL)",
    "SELECT * FROM t WHERE {c} = (SELECT max({c}) FROM t WHERE {p})",
    "SELECT DISTINCT {c} AS c, {d} AS d FROM t WHERE {p}",
    "SELECT {c} FROM t WHERE {p} GROUP BY {c} HAVING count(*) > 1 ORDER BY {c} LIMIT 3",
    "SELECT {c} FROM t WHERE {p} ORDER BY {c} DESC LIMIT 3",
    "SELECT {c} FROM t ORDER BY {c} NULLS FIRST LIMIT 4",
    "SELECT {all}, row_number() OVER (ORDER BY {c}, {d} DESC, {all}) FROM t WHERE {p}",
    "SELECT {all}, lag({d}) OVER (PARTITION BY {c} ORDER BY {all}) FROM t WHERE {p}",
    "SELECT {all}, count(*) OVER (PARTITION BY {d} ORDER BY {c}) FROM t WHERE {p}",
    "SELECT {all} FROM t WHERE {p} EXCEPT SELECT {all} FROM t WHERE {q}",
];

#[tokio::test]
async fn random_queries_give_the_naive_rows_by_every_way() {
    for seed in 100..112 {
        let sample = random_dataset(seed).await;
        let mut random = Random::new(seed + 4_000_000);
        let naive = session(naive_table(&sample), &[]);
        let ways = ways(&sample);
        let columns = columns_of(&sample);
        let all: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
        for _ in 0..6 {
            let shape = *random.pick(&SHAPES);
            let (p, q) = (predicate(&mut random, &columns, 1), predicate(&mut random, &columns, 1));
            let sql = shape
                .replace("{all}", &all.join(", "))
                .replace("{p}", &p)
                .replace("{q}", &q)
                .replace("{c}", &random.pick(&columns).0)
                .replace("{d}", &random.pick(&columns).0);
            let expected = sorted_rows(&naive, &sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
            for (w, way) in ways.iter().enumerate() {
                let got = sorted_rows(way, &sql).await.unwrap_or_else(|e| panic!("seed {seed}, way {w}: {sql}: {e}"));
                assert_eq!(got, expected, "seed {seed}, way {w}: {sql}");
            }
        }
    }
}
