-- Teleconnection
-- How the anomaly of each cell goes with that of a box of the equatorial Pacific; here along a meridian.
-- xarray: anomaly = ds.sst.groupby("time.month") - ds.sst.groupby("time.month").mean(dim="time")
--         index = anomaly.sel(lat=slice(-5, 5), lon=slice(190, 240)).mean(dim=("lat", "lon"))
--         xr.corr(anomaly.sel(lon=140), index, dim="time")

WITH anomaly AS (
    SELECT time, lat, lon, sst - avg(sst) OVER (PARTITION BY month(time), lat, lon) AS sst
    FROM ersst
), pacific AS (
    SELECT time, avg(sst) AS sst
    FROM anomaly
    WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240
    GROUP BY time
)
SELECT a.lat, round(corr(a.sst, p.sst), 3) AS correlation
FROM anomaly a
JOIN pacific p ON p.time = a.time
WHERE a.lon = 140 AND a.lat BETWEEN -20 AND 20
GROUP BY a.lat
ORDER BY a.lat DESC;
