-- The Niño 3.4 index
-- How much warmer than usual for the month a box of the equatorial Pacific is, as a mean of three months.
-- xarray: sst = ds.sst.sel(lat=slice(-5, 5), lon=slice(190, 240))
--         anomaly = sst.groupby("time.month") - sst.groupby("time.month").mean(dim="time")
--         anomaly.mean(dim=("lat", "lon")).rolling(time=3).mean()

WITH anomaly AS (
    SELECT time, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240
), box AS (
    SELECT time, avg(sst) AS sst
    FROM anomaly
    GROUP BY time
), smooth AS (
    SELECT time, avg(sst) OVER (ORDER BY time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS nino34
    FROM box
)
SELECT time, round(nino34, 2) AS nino34
FROM smooth
WHERE time >= '2015'
ORDER BY time;
