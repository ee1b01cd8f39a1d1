//! `EXPLAIN VERBOSE` tells why something goes by rows, and `EXPLAIN` does not.

use super::*;

#[tokio::test]
async fn a_scan_tells_why_what_is_above_it_goes_by_rows() {
    let ctx = session();
    ersst(&ctx).await;
    ctx.sql("CREATE TABLE buoys AS SELECT 1 AS id, 0.5 AS sst").await.unwrap().collect().await.unwrap();
    for (sql, reasons) in [
        ("SELECT sum(sst) OVER (ORDER BY sst) FROM ersst", vec!["do not follow one dimension"]),
        (
            "SELECT avg(sst) OVER (PARTITION BY lat ORDER BY time ROWS 1 PRECEDING) FROM ersst WHERE sst > 0",
            vec!["leaves out neighbours of the rows of `avg("],
        ),
        ("SELECT avg(sst) OVER (PARTITION BY sst) FROM ersst", vec!["is no function of single dimensions"]),
        ("SELECT a.sst FROM ersst a FULL JOIN ersst b USING (time, lat)", vec!["a Full join keeps rows of both"]),
        (
            "SELECT a.lat FROM ersst a JOIN ersst b ON a.sst = b.sst",
            vec![
                "HashJoinExec: the keys do not give a cell of ersst",
                "as a lookup: a key is no function of one dimension",
            ],
        ),
        (
            "SELECT e.lat FROM ersst e JOIN buoys b ON e.sst = b.sst",
            vec!["as points: a key is no label", "as a lookup: "],
        ),
        ("SELECT sst, count(*) FROM ersst GROUP BY sst", vec!["AggregateExec: a key is no function of one dimension"]),
    ] {
        let verbose = rows(&ctx, &format!("EXPLAIN VERBOSE {sql}")).await.join("\n");
        assert!(verbose.contains("by_rows=["), "{sql}\n{verbose}");
        for reason in reasons {
            assert!(verbose.contains(reason), "{sql}\nexpected {reason}\n{verbose}");
        }
        assert!(!explain(&ctx, sql).await.contains("by_rows"), "{sql}");
    }
    let sql = "EXPLAIN VERBOSE SELECT lat, avg(sst - m) FROM (SELECT lat, sst, avg(sst) OVER (PARTITION BY lat) AS m \
               FROM ersst) GROUP BY lat";
    assert!(!rows(&ctx, sql).await.join("\n").contains("by_rows"));
}
