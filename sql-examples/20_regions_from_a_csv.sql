-- Zonal statistics of regions
-- Mean, coldest and warmest of boxes that a CSV file describes, in one pass over the grid.
-- xarray: for r in regions.itertuples():
--             box = ds.sst.sel(time="2016", lat=slice(r.south, r.north), lon=slice(r.west, r.east))
--             box.mean(), box.min(), box.max(), box.count()

SELECT r.name, round(avg(e.sst), 2) AS mean, min(e.sst) AS coldest, max(e.sst) AS warmest, count(e.sst) AS cells
FROM ersst e
JOIN 'data/regions.csv' r ON e.lat BETWEEN r.south AND r.north AND e.lon BETWEEN r.west AND r.east
WHERE e.time >= '2016' AND e.time < '2017'
GROUP BY r.name
ORDER BY r.name;
