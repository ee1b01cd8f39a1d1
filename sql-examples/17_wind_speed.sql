-- Wind speed
-- The speed of the wind from its two components, as a mean at each level over the northern middle latitudes.
-- xarray: speed = np.sqrt(ds.u**2 + ds.v**2)
--         speed.sel(lat=slice(60, 30)).mean(dim=("time", "lat", "lon"))

SELECT level, round(avg(sqrt(u * u + v * v)), 2) AS speed, round(max(sqrt(u * u + v * v)), 2) AS strongest
FROM atmosphere
WHERE lat BETWEEN 30 AND 60
GROUP BY level
ORDER BY level;
