-- Resample from days to months
-- The mean and the warmest day of each month, at the cell nearest to a point.
-- xarray: point = ds.tmax.sel(lat=48.1, lon=11.6, method="nearest").sel(time="2015")
--         point.resample(time="MS").mean(), point.resample(time="MS").max()

SELECT date_trunc('month', time) AS month, round(avg(tmax), 2) AS mean, max(tmax) AS warmest
FROM daily
WHERE lat = nearest(lat, 48.1) AND lon = nearest(lon, 11.6) AND year(time) = 2015
GROUP BY date_trunc('month', time)
ORDER BY month;
