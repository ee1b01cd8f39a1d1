-- Seasons at a point
-- The coldest, the mean and the warmest month of each season, at the cell nearest to a point.
-- xarray: point = ds.sst.sel(lat=-41.3, lon=179.8, method="nearest")
--         point.groupby("time.season").mean()

SELECT season(time) AS season, min(sst) AS coldest, round(avg(sst), 2) AS mean, max(sst) AS warmest
FROM ersst
WHERE lat = nearest(lat, -41.3) AND lon = nearest(lon, 179.8)
GROUP BY season(time)
ORDER BY mean;
