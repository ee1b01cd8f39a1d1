-- Climatology
-- The mean of each month of the year, cell by cell; here for one cell of the North Atlantic. The condition stands
-- outside of the climatology, and still selects before anything is averaged.
-- xarray: ds.sst.groupby("time.month").mean(dim="time").sel(lat=40, lon=320)

WITH climatology AS (
    SELECT month(time) AS month, lat, lon, avg(sst) AS sst
    FROM ersst
    GROUP BY month(time), lat, lon
)
SELECT month, round(sst, 2) AS sst
FROM climatology
WHERE lat = 40 AND lon = 320
ORDER BY month;
