-- Area of the warm pool
-- How much of the sea is warmer than 28 degrees, in millions of square kilometres, month by month.
-- xarray: area = 6371**2 * np.deg2rad(2)**2 * np.cos(np.deg2rad(ds.lat)) / 1e6
--         area.where(ds.sst > 28).sum(dim=("lat", "lon"))

SELECT time, round(sum(power(6371 * radians(2), 2) * cos(radians(lat))) / 1e6, 2) AS area
FROM ersst
WHERE sst > 28 AND time >= '2016'
GROUP BY time
ORDER BY time;
