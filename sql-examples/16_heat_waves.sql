-- Heat waves
-- Runs of three days or more above the 90th percentile of all summers, at one cell. Days of a run have in common by how
-- much their date is ahead of their number.
-- xarray: summer = ds.tmax.sel(lat=49, lon=8, time=ds["time.month"].isin([6, 7, 8]))
--         hot = summer[summer > summer.quantile(0.9)]
--         run = (hot.time.diff("time") > np.timedelta64(1, "D")).cumsum().reindex(time=hot.time, fill_value=0)
--         hot.groupby(run).count(), hot.groupby(run).max()

WITH summer AS (
    SELECT time, tmax
    FROM daily
    WHERE lat = 49 AND lon = 8 AND month(time) IN (6, 7, 8)
), hot AS (
    SELECT time, tmax, date_part('epoch', time) / 86400 - row_number() OVER (ORDER BY time) AS run
    FROM summer
    WHERE tmax > (SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY tmax) FROM summer)
)
SELECT min(time) AS first_day, count(*) AS days, max(tmax) AS warmest
FROM hot
GROUP BY run
HAVING count(*) >= 3
ORDER BY days DESC, first_day
LIMIT 10;
