//! Random joins of random datasets, by position and by rows.

use super::*;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

const DIMENSIONS: [&str; 3] = ["t", "y", "x"];

/// Labels that overlap those of other datasets: in any order, and now and then twice, missing or -0.
fn labels(random: &mut Random, size: u64, dimension: &str) -> Values {
    let first = random.below(3);
    let mut steps: Vec<u64> = (first..first + size).collect();
    match random.below(5) {
        0 => steps.reverse(),
        1 => random.shuffle(&mut steps),
        2 if random.chance(40) => steps.iter_mut().for_each(|s| *s /= 2),
        _ => {}
    }
    let has_nan = random.chance(10);
    let mut float = |s: &u64| if has_nan && random.chance(30) { f64::NAN } else { *s as f64 / 10.0 - 0.3 };
    match dimension {
        "t" => Values::Int64(steps.iter().map(|s| *s as i64).collect()),
        "y" if (size + first).is_multiple_of(2) => Values::Float32(steps.iter().map(|s| float(s) as f32).collect()),
        "y" => Values::Float64(steps.iter().map(float).collect()),
        _ => Values::Int32(steps.iter().map(|s| *s as i32).collect()),
    }
}

/// A dataset in all sessions; gives its dimensions.
async fn dataset(random: &mut Random, sessions: &[&SessionContext], name: &str) -> Vec<&'static str> {
    let mut dimensions: Vec<&str> = DIMENSIONS.into_iter().filter(|_| random.chance(80)).collect();
    if dimensions.is_empty() {
        dimensions.push("y");
    }
    random.shuffle(&mut dimensions);
    let sizes: Vec<u64> = dimensions.iter().map(|_| if random.chance(4) { 0 } else { 1 + random.below(6) }).collect();
    let own: Vec<[&str; 1]> = dimensions.iter().map(|d| [*d]).collect();
    let (chunk, seed) = (1 + random.below(4), random.below(u64::MAX));
    for ctx in sessions {
        let random = &mut Random(seed);
        let mut variables = Vec::new();
        for ((d, own), size) in dimensions.iter().zip(&own).zip(&sizes) {
            // A dimension without labels has a variable all the same, which tells its size.
            let called = if random.chance(10) {
                ["no_t", "no_y", "no_x"][DIMENSIONS.iter().position(|o| o == d).unwrap()]
            } else {
                d
            };
            variables.push(Made(called, own, labels(random, *size, d), &[]));
        }
        let cells = sizes.iter().product::<u64>();
        let values = (0..cells).map(|_| if random.chance(20) { f32::NAN } else { random.below(50) as f32 });
        variables.push(Made("v", &dimensions, Values::Float32(values.collect()), &[]));
        variables.push(Made("n", &dimensions, Values::Int64((0..cells as i64).collect()), &[]));
        let texts = (0..*sizes.last().unwrap()).map(|i| format!("s{i}")).collect();
        variables.push(Made("s", own.last().unwrap(), Values::String(texts), &[]));
        register_in_chunks(ctx, name, variables, chunk).await;
    }
    dimensions
}

fn query(random: &mut Random, p: &[&str], q: &[&str]) -> String {
    let mut on = Vec::new();
    for d in p.iter().filter(|d| q.contains(d)) {
        if random.chance(7) {
            continue;
        }
        on.push(match (random.below(8), *d) {
            (0, _) => format!("q.{d} = p.{d} + 1"),
            (1, "y") => "q.y = -p.y".into(),
            (1, d) => format!("q.{d} = 4 - p.{d}"),
            (2, "t") => format!("q.t = p.t {} 2", random.pick(&["/", "%", "*"])),
            (3, d) if p.contains(&"t") && p.contains(&"x") && d != "y" => format!("q.{d} = p.t + p.x"),
            (4, d) => format!("q.{d} - 1 = p.{d}"),
            (_, d) => format!("p.{d} = q.{d}"),
        });
    }
    if on.is_empty() {
        on.push("p.s = q.s".into());
    }
    if random.chance(15) {
        on.push(random.pick(&["p.v < q.v", "p.n + q.n > 9", "p.n <> 3", "q.v > 10"]).into());
    }
    let kind = random.pick(&[
        "JOIN",
        "JOIN",
        "JOIN",
        "LEFT JOIN",
        "LEFT JOIN",
        "RIGHT JOIN",
        "FULL JOIN",
        "LEFT SEMI JOIN",
        "RIGHT SEMI JOIN",
        "LEFT ANTI JOIN",
        "RIGHT ANTI JOIN",
    ]);
    let all =
        |side: &str, d: &[&str]| d.iter().chain(&["v", "n", "s"]).map(|c| format!("{side}.{c}")).collect::<Vec<_>>();
    let (mut from_p, mut from_q) = (all("p", p), all("q", q));
    match kind {
        "LEFT SEMI JOIN" | "LEFT ANTI JOIN" => from_q.clear(),
        "RIGHT SEMI JOIN" | "RIGHT ANTI JOIN" => from_p.clear(),
        _ => {}
    }
    let columns: Vec<String> = from_p.into_iter().chain(from_q).collect();
    let side = |random: &mut Random, name: &str| match random.below(6) {
        0 => format!("(SELECT * FROM {name} WHERE v > 15) AS {name}"),
        1 => format!("(SELECT * FROM {name} WHERE {} > 0) AS {name}", if name == "p" { p[0] } else { q[0] }),
        _ => name.to_string(),
    };
    let from = format!("{} {kind} {} ON {}", side(random, "p"), side(random, "q"), on.join(" AND "));
    match random.below(4) {
        0 => format!("SELECT count(*), sum({0}), min({1}) FROM {from}", pick_n(&columns), columns[0]),
        1 => format!("SELECT {}, count(*), max({}) FROM {from} GROUP BY 1", columns[0], pick_n(&columns)),
        _ => format!("SELECT {} FROM {from}", columns.join(", ")),
    }
}

fn pick_n(columns: &[String]) -> &str {
    columns.iter().rfind(|c| c.ends_with(".n")).unwrap()
}

#[tokio::test]
async fn joins_by_position_answer_what_joins_of_rows_do() {
    let (mut by_position, mut all) = (0, 0);
    for seed in 0..200 {
        let random = &mut Random(seed);
        let (on, off) = (session(), session());
        for rule in ["chunk_join", "chunk_lookup"] {
            switch_off(&off, rule).await;
        }
        let partitions = random.pick(&["1", "2", "3", "16"]);
        on.sql(&format!("SET datafusion.execution.target_partitions = {partitions}")).await.unwrap();
        let p = dataset(random, &[&on, &off], "p").await;
        let q = dataset(random, &[&on, &off], "q").await;
        for _ in 0..5 {
            let sql = query(random, &p, &q);
            all += 1;
            let plan = explain(&on, &sql).await;
            by_position += usize::from(plan.contains(" at ["));
            let (mut on, mut off) = (rows(&on, &sql).await, rows(&off, &sql).await);
            on.sort();
            off.sort();
            assert_eq!(on, off, "seed {seed}: {sql}\n{plan}");
        }
    }
    assert!(by_position * 3 > all, "{by_position} of {all}");
}
