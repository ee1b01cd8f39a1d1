-- Hovmöller table
-- Time down, longitude across: how a warm event spreads along the equator. A column for each block of 20 degrees.
-- xarray: band = ds.sst.sel(lat=slice(-5, 5), lon=slice(160, 278))
--         anomaly = (band.groupby("time.month") - band.groupby("time.month").mean(dim="time")).sel(time=slice("2015", "2016"))
--         anomaly.groupby_bins("lon", range(160, 281, 20), right=False).mean(dim=("lat", "lon"))

WITH anomaly AS (
    SELECT time, lon, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS sst
    FROM ersst
    WHERE lat BETWEEN -5 AND 5 AND lon >= 160 AND lon < 280
)
SELECT time,
    round(avg(sst) FILTER (WHERE lon < 180), 2) AS "160E",
    round(avg(sst) FILTER (WHERE lon >= 180 AND lon < 200), 2) AS "180",
    round(avg(sst) FILTER (WHERE lon >= 200 AND lon < 220), 2) AS "160W",
    round(avg(sst) FILTER (WHERE lon >= 220 AND lon < 240), 2) AS "140W",
    round(avg(sst) FILTER (WHERE lon >= 240 AND lon < 260), 2) AS "120W",
    round(avg(sst) FILTER (WHERE lon >= 260), 2) AS "100W"
FROM anomaly
WHERE time >= '2015' AND time < '2017'
GROUP BY time
ORDER BY time;
