-- Change from step to step
-- How fast the sea warms and cools: the difference to the month before, as a mean of the northern sea.
-- xarray: ds.sst.sel(lat=slice(20, 60)).diff("time").groupby("time.month").mean(dim=...)

WITH change AS (
    SELECT time, sst - lag(sst) OVER (PARTITION BY lat, lon ORDER BY time) AS sst
    FROM ersst
    WHERE lat BETWEEN 20 AND 60
)
SELECT month(time) AS month, round(avg(sst), 3) AS change
FROM change
GROUP BY month(time)
ORDER BY month;
