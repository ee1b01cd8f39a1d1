-- Onto another dataset's grid
-- The first three months of 2016 on the grid of the forecasts: the mean of each latitude where the sea is on all sides.
-- xarray: on = ds.sst.interp(lat=analysis.lat, lon=analysis.lon)
--         on.sel(time=slice("2016-01", "2016-03")).mean(dim=("time", "lon"))

SELECT lat, round(avg(sst), 3) AS sst, count(sst) AS cells
FROM regrid(ersst, like => 'analysis', method => 'linear')
WHERE time >= '2016-01' AND time < '2016-04'
GROUP BY lat
ORDER BY lat;
