-- Map cells on a birthday
-- The month nearest to a date: its cells along the longitude nearest to 239.3, from 4 degrees north to 4 south.
-- xarray: ds.sst.sel(time="1982-08-07", lon=239.3, method="nearest").sel(lat=slice(-4, 4))

SELECT time, lat, lon, sst
FROM ersst
WHERE time = nearest(time, '1982-08-07')
  AND lon = nearest(lon, 239.3)
  AND lat BETWEEN -4 AND 4
ORDER BY lat DESC;
