-- Match-up with buoys
-- Each measurement of a CSV file beside the cell nearest to it in time and space; how far they are apart, buoy by buoy.
-- xarray: there = ds.sst.sel(time=buoys.time, lat=buoys.lat, lon=buoys.lon % 360, method="nearest")
--         difference = buoys.sst - there
--         difference.groupby(buoys.id).mean(), difference.groupby(buoys.id).std(ddof=1)

SELECT b.id, count(*) AS measured, round(avg(b.sst - e.sst), 3) AS bias, round(stddev(b.sst - e.sst), 3) AS spread
FROM 'data/buoys.csv' b
JOIN ersst e ON e.time = nearest(e.time, b.time) AND e.lat = nearest(e.lat, b.lat) AND e.lon = nearest(e.lon, lon360(b.lon))
GROUP BY b.id
ORDER BY b.id;
