-- Series of a box mean
-- The mean over a box, a row for each time; the cells weigh by their size.
-- xarray: box = ds.sst.sel(lat=slice(30, 60), lon=slice(300, 350))
--         box.weighted(np.cos(np.deg2rad(box.lat))).mean(dim=("lat", "lon"))

SELECT time, round(sum(sst * cos(radians(lat))) / sum(cos(radians(lat))) FILTER (WHERE sst IS NOT NULL), 2) AS sst
FROM ersst
WHERE lat BETWEEN 30 AND 60 AND lon BETWEEN 300 AND 350
GROUP BY time
ORDER BY time
LIMIT 12;
