-- Hot days
-- How many days of each year are above 30 degrees somewhere in the box, and how many at one of its cells.
-- xarray: (ds.tmax > 30).any(dim=("lat", "lon")).groupby("time.year").sum()
--         (ds.tmax.sel(lat=45, lon=16) > 30).groupby("time.year").sum()

WITH days AS (
    SELECT time, max(tmax) AS anywhere, max(tmax) FILTER (WHERE lat = 45 AND lon = 16) AS here
    FROM daily
    GROUP BY time
)
SELECT year(time) AS year, count(*) FILTER (WHERE anywhere > 30) AS anywhere, count(*) FILTER (WHERE here > 30) AS here
FROM days
GROUP BY year(time)
ORDER BY year;
