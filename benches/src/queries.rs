//! The questions, in each dialect, and which chunks hold their answers.
//!
//! No question asks for an order that it does not need: rows are compared after they were sorted, outside of any time.

use std::path::Path;

use hyperslab_array::{ArrayError, Result};

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// Its number.
    pub id: &'static str,
    /// What is asked, in words.
    pub question: &'static str,
    /// The dataset that is asked.
    pub dataset: &'static str,
    /// The table that it is joined to.
    pub joined: Option<Joined>,
    /// In the SQL of Hyperslab; `{directory}` stands for the folder of the tables.
    pub hyperslab: &'static str,
    /// In the SQL that xarray-sql and DuckDB share; `{lat_step}` and `{lon_step}` stand for the distance of labels.
    pub plain: &'static str,
    /// The columns that tell rows apart.
    pub keys: &'static [&'static str],
    /// The column whose largest values are asked for. Among cells that are equal to the last one, any will do.
    pub top: Option<&'static str>,
    /// Whether its values lie around 0, so that a difference counts against the largest of them.
    pub around_zero: bool,
    /// The variables that hold the answer.
    pub variables: &'static [&'static str],
    /// The labels of its cells along `time`, as the dataset stores them.
    pub time: Labels,
    /// The same along `lat`.
    pub lat: Labels,
    /// The same along `lon`.
    pub lon: Labels,
}

impl Query {
    /// The question in the SQL of Hyperslab, for tables in this folder.
    pub fn sql(&self, directory: &Path) -> String {
        self.hyperslab.replace("{directory}", &directory.display().to_string().replace('\'', "''"))
    }
}

/// A table of [`crate::tables`]. It says which cells are asked for, within the labels of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// `points.parquet`.
    Points,
    /// `regions.parquet`.
    Regions,
}

/// Labels of a dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Labels {
    /// All of them.
    All,
    /// From one to another, both included.
    Between(f64, f64),
    /// The one that is nearest.
    Nearest(f64),
}

impl Labels {
    /// The positions of these among `labels`.
    pub fn positions(self, labels: &[f64]) -> Vec<u64> {
        let chosen = |keep: &dyn Fn(f64) -> bool| -> Vec<u64> {
            (0u64..).zip(labels).filter(|(_, label)| keep(**label)).map(|(position, _)| position).collect()
        };
        match self {
            Self::All => chosen(&|_| true),
            Self::Between(first, last) => chosen(&|label| (first..=last).contains(&label)),
            Self::Nearest(wanted) => {
                let nearest = labels.iter().map(|label| (label - wanted).abs()).fold(f64::INFINITY, f64::min);
                let mut found = chosen(&|label| (label - wanted).abs() == nearest);
                found.truncate(1);
                found
            }
        }
    }
}

/// A question about every `t2m`, for the others to differ from.
const WHOLE: Query = Query {
    id: "W1",
    question: "mean of everything",
    dataset: "era",
    joined: None,
    hyperslab: "SELECT avg(t2m) AS t2m FROM era",
    plain: "SELECT avg(t2m) AS t2m FROM era",
    keys: &[],
    top: None,
    around_zero: false,
    variables: &["t2m"],
    time: Labels::All,
    lat: Labels::All,
    lon: Labels::All,
};

/// All questions.
pub const QUERIES: &[Query] = &[
    WHOLE,
    Query {
        id: "W2",
        question: "zonal mean",
        hyperslab: "SELECT lat, avg(t2m) AS t2m FROM era GROUP BY lat",
        plain: "SELECT lat, avg(t2m) AS t2m FROM era GROUP BY lat",
        keys: &["lat"],
        ..WHOLE
    },
    Query {
        id: "W3",
        question: "climatology map",
        hyperslab: "SELECT month(time) AS month, lat, lon, avg(t2m) AS t2m FROM era GROUP BY month(time), lat, lon",
        plain: "SELECT date_part('month', time) AS month, lat, lon, avg(t2m) AS t2m FROM era \
                GROUP BY date_part('month', time), lat, lon",
        keys: &["month", "lat", "lon"],
        ..WHOLE
    },
    Query {
        id: "W4",
        question: "zonal climatology",
        hyperslab: "SELECT month(time) AS month, lat, avg(t2m) AS t2m FROM era GROUP BY month(time), lat",
        plain: "SELECT date_part('month', time) AS month, lat, avg(t2m) AS t2m FROM era \
                GROUP BY date_part('month', time), lat",
        keys: &["month", "lat"],
        ..WHOLE
    },
    Query {
        id: "W5",
        question: "box mean as a series",
        hyperslab: "SELECT time, avg(t2m) AS t2m FROM era \
                    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240 GROUP BY time",
        plain: "SELECT time, avg(t2m) AS t2m FROM era \
                WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240 GROUP BY time",
        keys: &["time"],
        lat: Labels::Between(-5.0, 5.0),
        lon: Labels::Between(190.0, 240.0),
        ..WHOLE
    },
    Query {
        id: "W6",
        question: "point series",
        hyperslab: "SELECT time, t2m FROM era WHERE lat = nearest(lat, 40.1) AND lon = nearest(lon, 250.2)",
        plain: "SELECT time, t2m FROM era WHERE lat = 40 AND lon = 250",
        keys: &["time"],
        lat: Labels::Nearest(40.1),
        lon: Labels::Nearest(250.2),
        ..WHOLE
    },
    Query {
        id: "W7",
        question: "one map",
        hyperslab: "SELECT lat, lon, t2m FROM era WHERE time = nearest(time, '2001-08-07')",
        plain: "SELECT lat, lon, t2m FROM era WHERE time = TIMESTAMP '2001-08-07'",
        keys: &["lat", "lon"],
        time: Labels::Nearest(218.0),
        ..WHOLE
    },
    Query {
        id: "W8",
        question: "annual mean map",
        hyperslab: "SELECT date_trunc('year', time) AS year, lat, lon, avg(t2m) AS t2m FROM era \
                    GROUP BY date_trunc('year', time), lat, lon",
        plain: "SELECT date_trunc('year', time) AS year, lat, lon, avg(t2m) AS t2m FROM era \
                GROUP BY date_trunc('year', time), lat, lon",
        keys: &["year", "lat", "lon"],
        ..WHOLE
    },
    Query {
        id: "W9",
        question: "condition on values",
        hyperslab: "SELECT count(*) AS cells FROM era WHERE t2m > 300",
        plain: "SELECT count(*) AS cells FROM era WHERE t2m > 300",
        ..WHOLE
    },
    Query {
        id: "W10",
        question: "expression of two variables",
        hyperslab: "SELECT lat, avg(sqrt(t2m * t2m + u10 * u10)) AS length FROM era GROUP BY lat",
        plain: "SELECT lat, avg(sqrt(t2m * t2m + u10 * u10)) AS length FROM era GROUP BY lat",
        keys: &["lat"],
        variables: &["t2m", "u10"],
        ..WHOLE
    },
    Query {
        id: "W11",
        question: "weighted global mean series",
        hyperslab: "SELECT time, weighted_avg(t2m, cos(radians(lat))) AS t2m FROM era GROUP BY time",
        plain: "SELECT time, sum(t2m * cos(radians(lat))) / sum(cos(radians(lat))) AS t2m FROM era GROUP BY time",
        keys: &["time"],
        ..WHOLE
    },
    Query {
        id: "W12",
        question: "anomaly, reduced",
        hyperslab: "SELECT avg(abs(a)) AS t2m FROM \
                    (SELECT t2m - avg(t2m) OVER (PARTITION BY month(time), lat, lon) AS a FROM era)",
        plain: "SELECT avg(abs(a)) AS t2m FROM \
                (SELECT t2m - avg(t2m) OVER (PARTITION BY date_part('month', time), lat, lon) AS a FROM era) AS anomalies",
        ..WHOLE
    },
    Query {
        id: "W13",
        question: "Niño 3.4 index",
        dataset: "ersst",
        hyperslab: "SELECT time, avg(a) OVER (ORDER BY time ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS sst FROM \
                    (SELECT time, avg(a) AS a FROM \
                    (SELECT time, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS a FROM ersst \
                    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240) GROUP BY time)",
        plain: "SELECT time, avg(a) OVER (ORDER BY time ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS sst FROM \
                (SELECT time, avg(a) AS a FROM \
                (SELECT time, sst - avg(sst) OVER (PARTITION BY date_part('month', time), lat, lon) AS a FROM ersst \
                WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240) AS anomalies GROUP BY time) AS means",
        keys: &["time"],
        around_zero: true,
        variables: &["sst"],
        lat: Labels::Between(-5.0, 5.0),
        lon: Labels::Between(190.0, 240.0),
        ..WHOLE
    },
    Query {
        id: "W14",
        question: "rolling mean of a box",
        hyperslab: "SELECT time, lat, lon, avg(t2m) OVER (PARTITION BY lat, lon ORDER BY time \
                    ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS t2m FROM era \
                    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240",
        plain: "SELECT time, lat, lon, avg(t2m) OVER (PARTITION BY lat, lon ORDER BY time \
                ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS t2m FROM era \
                WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240",
        keys: &["time", "lat", "lon"],
        lat: Labels::Between(-5.0, 5.0),
        lon: Labels::Between(190.0, 240.0),
        ..WHOLE
    },
    Query {
        id: "W15",
        question: "one-day lag difference",
        hyperslab: "SELECT avg(abs(b.t2m - a.t2m)) AS t2m FROM era a JOIN era b \
                    ON b.time = a.time + INTERVAL '1 day' AND b.lat = a.lat AND b.lon = a.lon",
        plain: "SELECT avg(abs(b.t2m - a.t2m)) AS t2m FROM era a JOIN era b \
                ON b.time = a.time + INTERVAL '1 day' AND b.lat = a.lat AND b.lon = a.lon",
        ..WHOLE
    },
    Query {
        id: "W16",
        question: "points joined to the grid",
        joined: Some(Joined::Points),
        hyperslab: "SELECT p.id, e.t2m FROM '{directory}/points.parquet' p JOIN era e ON \
                    e.time = nearest(e.time, p.time) AND e.lat = nearest(e.lat, p.lat) AND e.lon = nearest(e.lon, p.lon)",
        // Labels are so regular that they can be reckoned.
        plain: "SELECT p.id, e.t2m FROM points p JOIN era e ON e.time = date_trunc('day', p.time + INTERVAL '12 hours') \
                AND e.lat = CAST(90 - round((90 - p.lat) / {lat_step}) * {lat_step} AS REAL) \
                AND e.lon = CAST(round(p.lon / {lon_step}) * {lon_step} AS REAL)",
        keys: &["id"],
        ..WHOLE
    },
    Query {
        id: "W17",
        question: "mean of each of 50 regions",
        joined: Some(Joined::Regions),
        hyperslab: "SELECT r.name, avg(e.t2m) AS t2m, count(*) AS cells FROM era e JOIN '{directory}/regions.parquet' r \
                    ON e.lat BETWEEN r.south AND r.north AND e.lon BETWEEN r.west AND r.east GROUP BY r.name",
        plain: "SELECT r.name, avg(e.t2m) AS t2m, count(*) AS cells FROM era e JOIN regions r \
                ON e.lat BETWEEN r.south AND r.north AND e.lon BETWEEN r.west AND r.east GROUP BY r.name",
        keys: &["name"],
        ..WHOLE
    },
    Query {
        id: "W18",
        question: "ten hottest cells",
        hyperslab: "SELECT time, lat, lon, t2m FROM era ORDER BY t2m DESC LIMIT 10",
        plain: "SELECT time, lat, lon, t2m FROM era ORDER BY t2m DESC LIMIT 10",
        keys: &["time", "lat", "lon"],
        top: Some("t2m"),
        ..WHOLE
    },
    Query {
        id: "W19",
        question: "coarsen 4 × 4",
        hyperslab: "SELECT time, dim_index(lat) / 4 AS y, dim_index(lon) / 4 AS x, avg(t2m) AS t2m FROM era \
                    GROUP BY dim_index(lat) / 4, dim_index(lon) / 4, time",
        plain: "SELECT time, CAST(floor((90 - lat) / {lat_step} / 4) AS BIGINT) AS y, \
                CAST(floor(lon / {lon_step} / 4) AS BIGINT) AS x, avg(t2m) AS t2m FROM era GROUP BY 1, 2, 3",
        keys: &["time", "y", "x"],
        ..WHOLE
    },
    Query {
        id: "W20",
        question: "regrid 0.5° → 1° linear, mean map",
        hyperslab: "SELECT lat, lon, avg(t2m) AS t2m \
                    FROM regrid(era, lat => range(89.75, -90, -1), lon => range(0.25, 355, 1)) GROUP BY lat, lon",
        // Each target lies between two labels along both dimensions, which can be reckoned.
        plain: "WITH k AS (SELECT 0 AS k UNION ALL SELECT 1 AS k), \
                y AS (SELECT 89.75 - i AS target, (0.25 + i) / {lat_step} AS place FROM generate_series(0, 179) AS g(i)), \
                x AS (SELECT 0.25 + i AS target, (0.25 + i) / {lon_step} AS place FROM generate_series(0, 354) AS g(i)), \
                rows AS (SELECT target, CAST(90 - (floor(place) + k) * {lat_step} AS REAL) AS lat, \
                         1 - abs(place - floor(place) - k) AS w FROM y CROSS JOIN k), \
                columns AS (SELECT target, CAST((floor(place) + k) * {lon_step} AS REAL) AS lon, \
                            1 - abs(place - floor(place) - k) AS w FROM x CROSS JOIN k) \
                SELECT CAST(r.target AS DOUBLE) AS lat, CAST(c.target AS DOUBLE) AS lon, \
                4 * avg(CAST(e.t2m AS DOUBLE) * r.w * c.w) AS t2m \
                FROM era e JOIN rows r ON e.lat = r.lat JOIN columns c ON e.lon = c.lon GROUP BY r.target, c.target",
        keys: &["lat", "lon"],
        ..WHOLE
    },
    Query {
        id: "W21",
        question: "a month of maps as rows",
        hyperslab: "SELECT * FROM era WHERE time >= '2001-08-01' AND time < '2001-09-01'",
        plain: "SELECT time, lat, lon, t2m, u10 FROM era \
                WHERE time >= TIMESTAMP '2001-08-01' AND time < TIMESTAMP '2001-09-01'",
        keys: &["time", "lat", "lon"],
        variables: &["t2m", "u10"],
        time: Labels::Between(212.0, 242.0),
        ..WHOLE
    },
];

/// The question of this number.
///
/// # Errors
/// When there is none.
pub fn find(id: &str) -> Result<&'static Query> {
    QUERIES.iter().find(|query| query.id == id).ok_or_else(|| {
        let known: Vec<_> = QUERIES.iter().map(|query| query.id).collect();
        ArrayError::argument(format!("no question `{id}`, expected one of {}", known.join(", ")))
    })
}
