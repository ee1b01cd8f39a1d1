//! Which joins with regions are aggregated on chunks, and that they answer what joined rows do.

use datafusion::execution::runtime_env::RuntimeEnvBuilder;

use super::*;

/// Keys of a group, in front of what is aggregated.
const KEYS: [&str; 13] = [
    "r.name",
    "r.name, month(e.time)",
    "month(e.time), r.name",
    "r.name, e.lat",
    "r.name, e.lon",
    "r.kind",
    "r.kind % 2, e.lat > 0",
    "",
    "month(e.time)",
    "upper(r.name), r.kind, dim_index(e.lon) / 3",
    "r.name, e.time, e.lat, e.lon",
    "dim_index(e.time) % 3, r.kind IS NULL",
    "floor(e.lat / 20), r.name, dim_index(e.lon) % 2",
];

const ANSWERS: [&str; 15] = [
    "count(*)",
    "count(e.v), avg(e.v), sum(e.v)",
    "min(e.v), max(e.v), min(e.w), max(e.w)",
    "sum(e.w), stddev(e.v), var_pop(e.w), count(*)",
    "weighted_avg(e.v, cos(radians(e.lat)))",
    "corr(e.v, e.w), bool_or(e.v > 50), bit_and(e.w), bit_xor(e.w)",
    "arg_max(e.lon, e.w), arg_min(e.time, e.w)",
    "avg(e.v * e.w - e.lat), sum(e.v + e.s)",
    "count(*) FILTER (WHERE e.v > 30), avg(e.v) FILTER (WHERE e.w % 2 = 0), count(*)",
    "first_value(e.w ORDER BY e.w), last_value(e.v ORDER BY e.w)",
    "sum(CAST(e.w AS DECIMAL(12, 2))), avg(CAST(e.w AS DECIMAL(12, 2)))",
    "max(e.lat), min(e.time), avg(e.lon), count(e.lat)",
    "regr_slope(e.v, e.lon), covar_pop(e.v, e.w), count(*)",
    "sum(1000 / (e.w * 2 + 1)), avg(abs(e.v))",
    "sum(e.s), max(e.s)",
];

const CONDITIONS: [&str; 10] = [
    "e.lat BETWEEN r.lat_min AND r.lat_max AND e.lon BETWEEN r.lon_min AND r.lon_max",
    "e.lon BETWEEN r.lon_min AND r.lon_max AND e.lat >= r.lat_min AND e.lat < r.lat_max",
    "e.lat > r.lat_min AND e.lat < r.lat_max",
    "e.lon >= r.lon_min AND e.time BETWEEN r.first AND r.last",
    "month(e.time) = r.kind AND e.lat <= r.lat_max AND r.lon_min < e.lon",
    "month(e.time) = r.kind AND e.lon < r.lon_max AND e.time >= r.first",
    "abs(e.lat) < r.lat_max AND CASE WHEN e.lon >= 180 THEN e.lon - 360 ELSE e.lon END >= r.lon_min",
    "(e.lat < r.lat_min OR e.lat > r.lat_max) AND e.lon <= r.lon_max",
    "e.lat <> r.lat_min",
    "e.lat BETWEEN r.lat_min AND r.lat_max AND e.lon BETWEEN r.lon_min AND r.lon_max AND e.time BETWEEN r.first AND r.last",
];

const WHERE: [&str; 7] = [
    "",
    "",
    "WHERE e.v > 20",
    "WHERE e.lat > -40 AND e.w % 3 <> 0",
    "WHERE r.lat_min < 20",
    "WHERE month(e.time) = 1 AND e.lon <> 40",
    "WHERE e.w > 100 AND r.name <> 'a'",
];

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Labels of latitudes: descending, or in any order, some twice and some NaN.
fn latitudes(random: &mut Random, count: usize) -> Vec<f32> {
    let plain = (0..count).map(|i| 60.0 - 10.0 * i as f32);
    if random.below(2) == 0 {
        return plain.collect();
    }
    let odd = |_| match random.below(8) {
        0 => f32::NAN,
        n => 20.0 * (n as f32) - 80.0,
    };
    (0..count).map(odd).collect()
}

/// `e`, cut into chunks of at most `chunk` along each dimension, and `r`, a table of `regions` regions.
struct Tables {
    time: Vec<i64>,
    lat: Vec<f32>,
    lon: Vec<f64>,
    chunk: u64,
    regions: String,
}

impl Tables {
    fn random(random: &mut Random, regions: u64) -> Self {
        let sizes = [1 + random.below(70), 1 + random.below(12), 1 + random.below(24)];
        let lat = latitudes(random, sizes[1] as usize);
        let time = (0..sizes[0]).map(|i| micros("1999-12-20") + i as i64 * 86_400_000_000).collect();
        let lon = (0..sizes[2]).map(|i| 15.0 * i as f64).collect();
        let chunk = [2, 5, 7, 1000][random.below(4) as usize];
        Self { time, lat, lon, chunk, regions: some_regions(random, regions) }
    }

    async fn register(&self, ctx: &SessionContext) {
        let cells = self.time.len() * self.lat.len() * self.lon.len();
        let quarter = |i: usize| match i % 11 {
            0 => f32::NAN,
            _ => ((i * 7919) % 401) as f32 * 0.25,
        };
        let map = (0..self.lat.len() * self.lon.len()).map(|i| i as f64 * 0.5).collect();
        let variables = vec![
            Made("time", &["time"], Values::Timestamp(self.time.clone()), &[]),
            Made("lat", &["lat"], Values::Float32(self.lat.clone()), &[]),
            Made("lon", &["lon"], Values::Float64(self.lon.clone()), &[]),
            Made("v", &["time", "lat", "lon"], Values::Float32((0..cells).map(quarter).collect()), &[]),
            Made(
                "w",
                &["time", "lat", "lon"],
                Values::Int32((0..cells).map(|i| (i * 31 % cells) as i32).collect()),
                &[],
            ),
            Made("s", &["lat", "lon"], Values::Float64(map), &[]),
        ];
        register_in_chunks(ctx, "e", variables, self.chunk).await;
        rows(ctx, &self.regions).await;
    }
}

/// Regions that overlap, hold nothing, lie outside, are turned round or have no bounds.
fn some_regions(random: &mut Random, count: u64) -> String {
    let bound = |random: &mut Random, from: i64, step: i64, count: u64| match random.below(14) {
        0 => "NULL".to_string(),
        1 => "CAST('NaN' AS DOUBLE)".to_string(),
        _ => format!("{}.0", from + step * random.below(count) as i64),
    };
    let day = |random: &mut Random| match random.below(12) {
        0 => "NULL".to_string(),
        n => format!("'2000-{:02}-{:02}'", 1 + n % 3, 1 + random.below(28)),
    };
    let mut row = |_| {
        let name = random.pick(&["'a'", "'b'", "'c'", "'d'", "'e'", "'f'", "NULL"]);
        let kind = random.pick(&["1", "2", "3", "12", "NULL"]);
        let bounds =
            [(-70, 10, 12), (-30, 10, 12), (-15, 15, 14), (60, 15, 20)].map(|(f, s, c)| bound(random, f, s, c));
        let (first, last) = (random.pick(&["'1999-12-01'", "'2000-01-05'", "NULL"]), day(random));
        format!("({name}, {kind}, {}, {first}, {last})", bounds.join(", "))
    };
    let rows: Vec<String> = (0..count).map(&mut row).collect();
    let values = if rows.is_empty() {
        "('a', 1, 0.0, 0.0, 0.0, 0.0, '2000-01-01', '2000-01-01')".into()
    } else {
        rows.join(", ")
    };
    let none = if rows.is_empty() { "WHERE false" } else { "" };
    format!(
        "CREATE TABLE r AS SELECT CAST(column1 AS VARCHAR) AS name, CAST(column2 AS INT) AS kind, \
         CAST(column3 AS DOUBLE) AS lat_min, CAST(column4 AS DOUBLE) AS lat_max, \
         CAST(column5 AS DOUBLE) AS lon_min, CAST(column6 AS DOUBLE) AS lon_max, \
         CAST(column7 AS TIMESTAMP) AS first, CAST(column8 AS TIMESTAMP) AS last FROM (VALUES {values}) {none}"
    )
}

fn question(random: &mut Random) -> String {
    let keys = random.pick(&KEYS);
    let (comma, group_by) = if keys.is_empty() { ("", String::new()) } else { (", ", format!("GROUP BY {keys}")) };
    let (answers, on, of) = (random.pick(&ANSWERS), random.pick(&CONDITIONS), random.pick(&WHERE));
    let from = if random.below(2) == 0 { format!("e JOIN r ON {on}") } else { format!("r JOIN e ON {on}") };
    format!("SELECT {keys}{comma}{answers} FROM {from} {of} {group_by}")
}

/// Sessions with the rule, at several numbers of partitions, and one without.
fn sessions() -> (Vec<SessionContext>, SessionContext) {
    let of = |partitions| {
        let config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(100);
        let builder = SessionStateBuilder::new().with_config(config).with_default_features();
        SessionContext::new_with_state(crate::configure(builder).build())
    };
    ([1, 2, 3, 16].map(of).into(), of(2))
}

fn is_near(left: &[String], right: &[String]) -> bool {
    let cell = |(left, right): (&str, &str)| match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(a), Ok(b)) => left == right || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        _ => left == right,
    };
    let row = |(left, right): (&String, &String)| left.split('|').zip(right.split('|')).all(cell);
    left.len() == right.len() && left.iter().zip(right).all(row)
}

async fn ask(sql: &str, on: &[SessionContext], off: &SessionContext, shown: &str) -> bool {
    let mut expected = rows(off, sql).await;
    expected.sort();
    let plan = explain(&on[1], sql).await;
    let is_on_chunks = plan.contains("ArrayRegionAggregateExec");
    assert!(is_on_chunks, "{sql}\n{plan}");
    let mut bits: Option<Vec<String>> = None;
    for ctx in on {
        let mut found = rows(ctx, sql).await;
        found.sort();
        assert!(is_near(&found, &expected), "{sql}\n{shown}\non chunks {found:#?}\nby rows {expected:#?}");
        assert_eq!(bits.get_or_insert_with(|| found.clone()), &found, "{sql}\n{shown}");
    }
    !expected.is_empty()
}

#[tokio::test]
async fn regions_answer_what_joined_rows_do() {
    let (mut asked, mut answered) = (0, 0);
    for seed in 0..14 {
        let random = &mut Random(seed);
        let count = [0, 1, 3, 8, 12, 20, 300][seed as usize % 7];
        let tables = Tables::random(random, count);
        let shown = format!("seed {seed}: lat {:?}, chunk {}, {}", tables.lat, tables.chunk, tables.regions);
        let (on, off) = sessions();
        switch_off(&off, "chunk_regions").await;
        for ctx in on.iter().chain([&off]) {
            tables.register(ctx).await;
        }
        for _ in 0..if count > 100 { 4 } else { 14 } {
            asked += 1;
            answered += usize::from(ask(&question(random), &on, &off, &shown).await);
        }
    }
    assert!(answered * 2 > asked, "{answered} of {asked} have rows");
}

async fn boxes(ctx: &SessionContext) {
    ersst(ctx).await;
    let table = "CREATE TABLE r AS SELECT column1 AS name, CAST(column2 AS DOUBLE) AS a, CAST(column3 AS DOUBLE) AS b, \
        column4 AS m FROM (VALUES ('north', 0.15, 90, 1), ('tropics', -23.4, 23.4, 6), ('tropics', -1, 1, 6))";
    rows(ctx, table).await;
}

#[tokio::test]
async fn a_plan_says_what_regions_are_joined_on() {
    let ctx = session();
    boxes(&ctx).await;
    let sql = "SELECT r.name, month(e.time), avg(e.sst) FROM ersst e JOIN r ON e.lat BETWEEN r.a AND r.b \
        AND month(e.time) = r.m WHERE e.flag > 0.15 GROUP BY 1, 2";
    let plan = explain(&ctx, sql).await;
    let line = plan.lines().find(|l| l.contains("ArrayRegionAggregateExec")).unwrap_or_else(|| panic!("{plan}")).trim();
    let expected = "ArrayRegionAggregateExec: table=ersst.time_lat, time=all 12, lat=all 5, chunks=36 of 36, \
         group_by=[name, month(time@0) as month(e.time)], aggregates=[avg(e.sst)], filter=";
    assert!(line.contains(expected), "{line}");
    assert!(line.contains("on=[") && line.contains("lat@1") && line.contains(">= a@"), "{line}");
}

#[tokio::test]
async fn chunks_that_no_region_touches_are_not_read() {
    let ctx = session();
    boxes(&ctx).await;
    let kept = |on: &str| {
        let sql = format!("EXPLAIN ANALYZE SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON {on} GROUP BY 1");
        let ctx = ctx.clone();
        async move {
            let plan = rows(&ctx, &sql).await.join("\n");
            let line = plan.lines().find(|l| l.contains("ArrayRegionAggregateExec")).unwrap().to_string();
            let metric = |name: &str| {
                let from = line.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("{line}")).1;
                from.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap()
            };
            (metric("chunks_kept"), metric("chunks_skipped"), metric("chunks_read"))
        }
    };
    // Latitudes are cut into 3 chunks and months into 6; the second box of the tropics holds no more than the first.
    assert_eq!(kept("e.lat BETWEEN r.a AND r.b AND r.m < 0").await, (0, 0, 0));
    assert_eq!(kept("e.lat BETWEEN r.a AND r.b").await, (12, 0, 12));
    // January of the north, June of the tropics: two of four months' chunks and latitudes' chunks.
    assert_eq!(kept("e.lat BETWEEN r.a AND r.b AND month(e.time) = r.m").await, (4, 1, 3));
}

#[tokio::test]
async fn what_is_not_by_region_is_made_of_rows() {
    let ctx = session();
    boxes(&ctx).await;
    let between = "e.lat BETWEEN r.a AND r.b";
    for sql in [
        format!("SELECT r.name, avg(e.sst) FROM ersst e RIGHT JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, avg(e.sst) FROM ersst e LEFT JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, avg(e.sst) FROM ersst e FULL JOIN r ON {between} GROUP BY 1"),
        format!("SELECT count(*) FROM ersst e WHERE EXISTS (SELECT 1 FROM r WHERE {between})"),
        "SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON e.sst BETWEEN r.a AND r.b GROUP BY 1".into(),
        format!("SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON {between} AND e.flag < r.m GROUP BY 1"),
        "SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON e.lat + month(e.time) < r.b GROUP BY 1".into(),
        "SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON month(e.time) = r.m GROUP BY 1".into(),
        format!("SELECT r.name, avg(e.sst - r.a) FROM ersst e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, count(*) FILTER (WHERE e.sst > r.b) FROM ersst e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, count(DISTINCT e.sst) FROM ersst e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, median(e.sst) FROM ersst e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON {between} GROUP BY ROLLUP (r.name)"),
        format!("SELECT e.lat + r.a, avg(e.sst) FROM ersst e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT e.sst > 5, count(*) FROM ersst e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, avg(e.sst) FROM (SELECT * FROM ersst LIMIT 7) e JOIN r ON {between} GROUP BY 1"),
        format!("SELECT r.name, avg(e.sst) FROM ersst e JOIN r ON {between} AND e.lat > r.a + random() GROUP BY 1"),
    ] {
        let plan = explain(&ctx, &sql).await;
        assert!(!plan.contains("ArrayRegionAggregateExec"), "{sql}\n{plan}");
        rows(&ctx, &sql).await;
    }
}

#[tokio::test]
async fn cells_of_no_region_do_not_fail() {
    let ctx = session();
    boxes(&ctx).await;
    // The values of the first latitude are whole hundreds, and 100 of January.
    let sql = |on: &str| {
        format!("SELECT r.name, sum(1 / (CAST(e.sst AS INT) - 100)) FROM ersst e JOIN r ON {on} GROUP BY 1 ORDER BY 1")
    };
    assert!(error(&ctx, &sql("e.lat BETWEEN r.a AND r.b")).await.contains("ivide by zero"));
    assert_eq!(rows(&ctx, &sql("e.lat BETWEEN r.a AND r.b AND e.lat < 23")).await, ["north|1", "tropics|2"]);
    // The north has no January, the tropics have not the first latitude.
    let corner = "(e.time >= CAST('1982-02-01' AS TIMESTAMP) OR r.name = 'tropics') AND e.lat < r.b - 20";
    assert_eq!(rows(&ctx, &sql(corner)).await, ["north|0", "tropics|1"]);
}

#[tokio::test]
async fn many_regions_and_regions_that_memory_does_not_hold_are_joined_as_rows() {
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(20_000_000, 1.0).build_arc().unwrap();
    for runtime in [None, Some(runtime)] {
        let config = SessionConfig::new().with_target_partitions(2);
        let mut builder = SessionStateBuilder::new().with_config(config).with_default_features();
        if let Some(runtime) = &runtime {
            builder = builder.with_runtime_env(Arc::clone(runtime));
        }
        let ctx = SessionContext::new_with_state(crate::configure(builder).build());
        ersst(&ctx).await;
        let count = if runtime.is_some() { 60_000 } else { 100_001 };
        rows(&ctx, &format!("CREATE TABLE n AS SELECT value FROM range(0, {count})")).await;
        let regions = "(SELECT value AS k, value - 0.05 AS a, value + 0.2 AS b FROM n)";
        let sql = |from: &str| {
            format!(
                "SELECT count(*), min(c), max(k) FROM (SELECT r.k, count(e.sst) AS c FROM {from} ON e.lat >= r.a AND e.lat < r.b GROUP BY r.k)"
            )
        };
        let from = format!("ersst e JOIN {regions} r");
        assert!(explain(&ctx, &sql(&from)).await.contains("ArrayRegionAggregateExec"));
        for from in [from, format!("{regions} r JOIN ersst e")] {
            assert_eq!(rows(&ctx, &sql(&from)).await, ["1|12|0"]);
        }
    }
}
