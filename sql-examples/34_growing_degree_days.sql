-- Growing degree days
-- Degrees above 5, added up from the start of the year; the day on which they pass a threshold.
-- xarray: degrees = (ds.tmax.sel(lat=53, lon=10) - 5).clip(min=0)
--         sums = degrees.groupby("time.year").cumsum().assign_coords(time=ds.time)
--         sums.time[sums > 500].groupby("time.year").first()

WITH sums AS (
    SELECT time, sum(greatest(tmax - 5, 0)) OVER (PARTITION BY year(time) ORDER BY time) AS degree_days
    FROM daily
    WHERE lat = 53 AND lon = 10
)
SELECT year(time) AS year, min(time) FILTER (WHERE degree_days > 500) AS passed, round(max(degree_days), 1) AS whole_year
FROM sums
GROUP BY year(time)
ORDER BY year;
