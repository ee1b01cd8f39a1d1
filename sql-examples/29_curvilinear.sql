-- A region of a curvilinear grid
-- Latitude and longitude of an ocean model depend on both of its dimensions. The mean north of 60 degrees, by the area
-- of cells; chunks without such cells are not read.
-- xarray: north = ds.sst.where(ds.nav_lat > 60)
--         north.weighted(ds.area).mean(dim=("y", "x"))

SELECT time, round(weighted_avg(sst, area), 3) AS sst, count(sst) AS cells
FROM ocean
WHERE nav_lat > 60 AND time >= '2016'
GROUP BY time
ORDER BY time;
