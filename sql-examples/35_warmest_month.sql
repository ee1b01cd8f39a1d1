-- When it was warmest
-- The month in which each cell was warmest, and how warm; here along a meridian of the Pacific.
-- xarray: ds.sst.sel(lon=220).idxmax("time"), ds.sst.sel(lon=220).max("time")

SELECT lat, arg_max(time, sst) AS warmest, max(sst) AS sst
FROM ersst
WHERE lon = 220 AND lat % 8 = 0 AND abs(lat) <= 56
GROUP BY lat
ORDER BY lat DESC;
