-- Means on a coarser grid
-- The mean of each cell of 20 by 40 degrees, weighted by area, where at least half of it is sea.
-- xarray: xesmf.Regridder(ds, target, "conservative_normed")(ds.sst)

SELECT lat, round(avg(sst), 3) AS sst, count(sst) AS cells
FROM regrid(ersst, lat => range(-80, 81, 20), lon => range(0, 360, 40), method => 'conservative', min_coverage => 0.5)
WHERE time >= '2016-01' AND time < '2016-04'
GROUP BY lat
ORDER BY lat;
