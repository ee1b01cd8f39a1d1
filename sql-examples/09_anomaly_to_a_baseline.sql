-- Anomaly to a baseline
-- In two steps: what is usual for a month, from thirty years, and how far the months of one year are from it.
-- xarray: box = ds.sst.sel(lat=slice(-5, 5), lon=slice(190, 240))
--         usual = box.sel(time=slice("1961", "1990")).groupby("time.month").mean(dim=...)
--         box.sel(time="2015").mean(dim=("lat", "lon")).groupby("time.month") - usual

WITH usual AS (
    SELECT month(time) AS month, avg(sst) AS sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240 AND time >= '1961' AND time < '1991'
    GROUP BY month(time)
), year AS (
    SELECT month(time) AS month, avg(sst) AS sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240 AND year(time) = 2015
    GROUP BY month(time)
)
SELECT month, round(year.sst, 2) AS sst, round(usual.sst, 2) AS usual, round(year.sst - usual.sst, 2) AS anomaly
FROM year JOIN usual USING (month)
ORDER BY month;
